import { ArrayMaxSize, registerDecorator, type ValidationError, validateSync } from 'class-validator';
import { maxListLength } from '../config/limits.ts';
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

/** Validates that a range's `from` is not after its `to`. */
export function IsRange(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isRange',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (range: { from?: string | null; to?: string | null }) =>
          !range.from || !range.to || range.from <= range.to,
        defaultMessage: (args) => {
          const range: { from?: string; to?: string } | undefined = args?.value;
          return `from (${range?.from}) is after to (${range?.to})`;
        },
      },
    });
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
