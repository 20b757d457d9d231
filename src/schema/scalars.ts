import { GraphQLID, GraphQLScalarType, Kind } from 'graphql';
import { dayNumber, isDay, isStoredInstant, parseInstant } from '../domain/instant.ts';
import { isTimeZone } from '../domain/time-zones.ts';
import { TimeOutOfRange } from '../errors.ts';
import { quoted } from '../text.ts';

function readInstant(value: unknown): string {
  const instant = typeof value === 'string' ? parseInstant(value) : null;
  if (instant === null) {
    throw new TypeError(
      `${quoted(value)} is not a DateTime. Use RFC 3339 with an offset and at most six fractional digits, ` +
        'for example 2026-01-08T10:18:24.372261Z or 2026-01-08T11:18:24+01:00.',
    );
  }
  return instant;
}

/**
 * Schema and resolvers handle other texts where the row is known. This refuses what they miss: `infinity`, a year beyond 9999 and every
 * text of another form. The digits are not read again, because only PostgreSQL and this service write them.
 */
function writeInstant(value: unknown): string {
  if (typeof value === 'string' && isStoredInstant(value)) return value;
  throw new TimeOutOfRange(null, null, String(value));
}

/** The same for days. */
function writeDay(value: unknown): string {
  if (typeof value === 'string' && isDay(value)) return value;
  throw new TimeOutOfRange(null, null, String(value));
}

/** RFC 3339, UTC, microseconds. Kept as text because a JavaScript Date has only milliseconds. */
export const DateTime = new GraphQLScalarType<string, string>({
  name: 'DateTime',
  description:
    'Instant in RFC 3339 format. Output is always UTC with six fractional digits (microseconds), for example ' +
    '2026-01-08T10:18:24.372261Z, so values sort as text. Input needs an offset (Z or +01:00) and may have up to six ' +
    'fractional digits. A stored time outside the years 0001 to 9999 is null in a nullable field; other fields fail with ' +
    'TIME_OUT_OF_RANGE.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: writeInstant,
  parseValue: readInstant,
  parseLiteral: (node) => readInstant(node.kind === Kind.STRING ? node.value : null),
});

/**
 * GraphQL's ID, except that it rejects a JSON number that may have been rounded. Ids have up to 64 bits, and JSON.parse
 * turns 9007199254740993 into 9007199254740992, which may be another existing id. Literals in the document arrive as text,
 * so they are exact.
 */
export const Id = new GraphQLScalarType<string, string>({
  ...GraphQLID.toConfig(),
  parseValue: (value) => {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new TypeError(
        `Send ids as strings: JSON numbers above ${Number.MAX_SAFE_INTEGER} are rounded, and fractions are not ids.`,
      );
    }
    return GraphQLID.parseValue(value);
  },
});

/** The description of the argument `atBuild`. */
export const atBuildText =
  'Id of a build: the answer as it was at that build, from the history. The build being served if omitted. Fails with ' +
  'BUILD_NOT_KEPT if the history does not go back to it. There is no history of clicks, so clicks and rates are null; strategies ' +
  'and iterations are those of the build being served.';

function readDay(value: unknown): string {
  if (typeof value === 'string' && isDay(value) && dayNumber(value) !== null) return value;
  throw new TypeError(
    `${quoted(value)} is not a Day. Use a day of the calendar as YYYY-MM-DD, for example 2026-01-08.`,
  );
}

export const Day = new GraphQLScalarType<string, string>({
  name: 'Day',
  description:
    "Calendar day, YYYY-MM-DD, in the field's `timeZone`; in UTC if it has none. Years 0001 to 9999, as for DateTime.",
  serialize: writeDay,
  parseValue: readDay,
  parseLiteral: (node) => readDay(node.kind === Kind.STRING ? node.value : null),
});

function readTimeZone(value: unknown): string {
  if (typeof value === 'string' && isTimeZone(value)) return value;
  throw new TypeError(
    `${quoted(value)} is not a TimeZone. Use a name of the IANA time zone database, for example Europe/Vienna, ` +
      'America/New_York or UTC.',
  );
}

export const TimeZone = new GraphQLScalarType<string, string>({
  name: 'TimeZone',
  description:
    'Name in the IANA time zone database, for example Europe/Vienna or America/New_York; not an offset such as +01:00, which ' +
    'would not follow changes of the clock.',
  specifiedByURL: 'https://www.iana.org/time-zones',
  serialize: (value) => value as string,
  parseValue: readTimeZone,
  parseLiteral: (node) => readTimeZone(node.kind === Kind.STRING ? node.value : null),
});

/** The description of the argument `timeZone`. */
export const timeZoneText =
  'Time zone of days and hours: in groups, and in `fromDay`, `toDay` and `last` of the filter. UTC if omitted or null. Days on which ' +
  'the clock changes have 23 or 25 hours.';

export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'Exact decimal number as a string with four fractional digits, for example "46.5000". Output only.',
  serialize: (value) => value as string,
});

export const Microseconds = new GraphQLScalarType<string, string>({
  name: 'Microseconds',
  description:
    'Signed whole number of microseconds as a string, for example "-86400000000", because it may be too large for a JSON ' +
    'number. Output only.',
  serialize: (value) => value as string,
});

/** As text, because a float would round: microseconds decide to which iteration a click belongs. */
export const Seconds = new GraphQLScalarType<string, string>({
  name: 'Seconds',
  description:
    'Exact number of seconds as a string with six fractional digits (microseconds), for example "3.000001". Output only.',
  serialize: (value) => value as string,
});
