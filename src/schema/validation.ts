import { ArrayMaxSize, registerDecorator, type ValidationError, validateSync } from 'class-validator';
import { maxListLength } from '../config/limits.ts';
import { firstDay, lastDay } from '../domain/day-ranges.ts';
import { BadUserInput } from '../errors.ts';
import { isStorableText, quoted } from '../text.ts';

const int64 = { low: -(2n ** 63n), high: 2n ** 63n - 1n };

/** True if the text is an id of AdSuite, AdGem or Tune: a signed 64-bit integer without leading zeros. */
export function isSourceId(text: string): boolean {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return false;
  const value = BigInt(text);
  return value >= int64.low && value <= int64.high;
}

function eachIs(name: string, test: (text: string) => boolean, problem: string): () => PropertyDecorator {
  return () => (target, property) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown) => [value].flat().every((text) => typeof text === 'string' && test(text)),
        defaultMessage: (args) => {
          const wrong = [args?.value].flat().find((text) => typeof text !== 'string' || !test(text));
          return `${quoted(wrong)} ${problem}`;
        },
      },
    });
}

/** Validates an id, or a list of ids, of AdSuite, AdGem or Tune. */
export const IsSourceId = eachIs(
  'isSourceId',
  isSourceId,
  'is not an id: ids of AdSuite, AdGem and Tune are whole numbers of at most 64 bits, without leading zeros',
);

/** Validates a text, or a list of texts, that a database can store. */
export const IsStorableText = eachIs(
  'isStorableText',
  isStorableText,
  'contains a NUL character or an unpaired surrogate',
);

/** Description of a filter input. `rows` is a plural noun. */
export const filterDescription = (rows: string): string =>
  `Conditions on ${rows}, combined with AND. An omitted or null condition is ignored; an empty list matches nothing. A list ` +
  `may have at most ${maxListLength} values.`;

export const IsList = () => ArrayMaxSize(maxListLength, { message: `must have at most ${maxListLength} values` });

/** A range as a client sends it, see `InstantRangeInput`. */
interface RangeLike {
  readonly from?: string | null;
  readonly to?: string | null;
  readonly fromDay?: string | null;
  readonly toDay?: string | null;
  readonly last?: { readonly days: number } | null;
}

/** More days than there are data, and few enough that every day before a build is one of the calendar. */
const maxLastDays = 3660;

/** Validates that a range is given in one way, and does not end before it begins. */
export function IsRange(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isRange',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (range: RangeLike) => problemOfRange(range) === null,
        defaultMessage: (args) => problemOfRange(args?.value ?? {}) ?? 'is not a range',
      },
    });
}

function problemOfRange({ from, to, fromDay, toDay, last }: RangeLike): string | null {
  const ways = [from || to, fromDay || toDay, last].filter(Boolean);
  if (ways.length > 1) return 'has more than one of: from and to, fromDay and toDay, last. Use one of these ways';
  if (from && to && from > to) return `from (${from}) is after to (${to})`;
  const unknown = [fromDay, toDay].find((day) => day && (day < firstDay || day > lastDay));
  if (unknown) return `${unknown} is not a day from ${firstDay} to ${lastDay}, the days of which there can be data`;
  if (fromDay && toDay && toDay < fromDay) return `toDay (${toDay}) is before fromDay (${fromDay})`;
  if (last && (last.days < 1 || last.days > maxLastDays)) return `last.days: must be from 1 to ${maxLastDays}`;
  return null;
}

/**
 * Validates a resolver's arguments by the decorators of their classes.
 *
 * @throws {BadUserInput} with the path and the problem of every invalid argument.
 */
export function validateArguments(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const problems = validateSync(value, { forbidUnknownValues: false }).flatMap((error) => flatten(error, ''));
  const [first, ...rest] = problems;
  if (!first) return;
  throw new BadUserInput(
    first.field,
    [first.problem, ...rest.map(({ field, problem }) => `${field}: ${problem}`)].join('; '),
  );
}

function flatten(error: ValidationError, parent: string): { field: string; problem: string }[] {
  const field = `${parent}${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((problem) => ({
    field,
    // The path already has the property's name, with which class-validator begins its own messages.
    problem: problem.startsWith(`${error.property} `) ? problem.slice(error.property.length + 1) : problem,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, `${field}.`))];
}
