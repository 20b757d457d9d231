import { GraphQLID, GraphQLScalarType, Kind } from 'graphql';
import { parseInstant } from '../domain/instant.ts';
import { quoted } from '../text.ts';

function readInstant(value: unknown): string {
  const instant = typeof value === 'string' ? parseInstant(value) : null;
  if (instant === null) {
    throw new TypeError(
      `${quoted(value)} is not a DateTime: write RFC 3339 with an offset and at most six digits of a second, ` +
        'like 2026-01-08T10:18:24.372261Z or 2026-01-08T11:18:24+01:00.',
    );
  }
  return instant;
}

/** RFC 3339, UTC, microseconds. Text all the way: a JavaScript Date would cut the microseconds off. */
export const DateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  description:
    'An instant, RFC 3339. Answers are in UTC with exactly six digits of a second, as stored ' +
    '(2026-01-08T10:18:24.372261Z), so they sort as text. Arguments may carry any offset.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => value as string,
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(node.kind === Kind.STRING ? node.value : null),
});

/**
 * GraphQL's ID, but for one thing: a number in a variable is refused where JSON may have rounded it. Ids have up to 64 bits,
 * and JSON.parse makes 9007199254740992 of 9007199254740993, another id that exists. A literal in the document arrives as
 * text, so it is exact.
 */
export const Id = new GraphQLScalarType<string, string>({
  ...GraphQLID.toConfig(),
  parseValue: (value) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new TypeError(
        `Send ids as strings: JSON numbers above ${Number.MAX_SAFE_INTEGER} are rounded, and ids are whole numbers or texts.`,
      );
    }
    return GraphQLID.parseValue(value);
  },
});

/** A UTC calendar day; only ever an answer. */
export const Day = new GraphQLScalarType<string, string>({
  name: 'Day',
  description: 'A UTC calendar day, YYYY-MM-DD.',
  serialize: (value) => value as string,
});

/** Money; only ever an answer. */
export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'An exact decimal number as text ("46.5000"); money is never a float. Four digits after the point.',
  serialize: (value) => value as string,
});
