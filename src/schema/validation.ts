import { ArrayMaxSize, registerDecorator, type ValidationError, validate } from 'class-validator';
import type { ValidatorFn } from 'type-graphql';
import { BadUserInput } from '../errors.ts';
import { isStorableText, quoted } from '../text.ts';

const int64 = { low: -(2n ** 63n), high: 2n ** 63n - 1n };

/** Whether a text is an id as the source systems write them: a whole number of 64 bits without leading zeros. */
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

/** An id, or a list of ids, of AdSuite, AdGem or Tune that is a whole number. */
export const IsSourceId = eachIs('isSourceId', isSourceId, 'is not an id: ids here are whole numbers');

/** A text, or a list of texts, that a database can take. */
export const IsStorableText = eachIs('isStorableText', isStorableText, 'holds a NUL or a broken character');

/** How many values a list in a filter may have: each is a bound parameter, of which a statement has some 32,000. */
const maxList = 1000;

export const IsList = () => ArrayMaxSize(maxList, { message: `may have ${maxList} values at most` });

/** A range whose `from` does not lie after its `to`. */
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
          return `from (${range?.from}) lies after to (${range?.to})`;
        },
      },
    });
}

/**
 * Checks a resolver's arguments by the rules that their classes carry.
 *
 * @throws {BadUserInput} naming every argument that is wrong, by its path.
 */
export const validateArguments: ValidatorFn = async (value) => {
  if (typeof value !== 'object' || value === null) return;
  const faults = (await validate(value, { forbidUnknownValues: false })).flatMap((error) => flatten(error, ''));
  const [first, ...rest] = faults;
  if (!first) return;
  throw new BadUserInput(
    first.field,
    [first.problem, ...rest.map((fault) => `${fault.field}: ${fault.problem}`)].join('; '),
  );
};

function flatten(error: ValidationError, parent: string): { field: string; problem: string }[] {
  const field = `${parent}${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((problem) => ({
    field,
    // class-validator begins its own messages with the property's name, which the path already tells.
    problem: problem.startsWith(`${error.property} `) ? problem.slice(error.property.length + 1) : problem,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, `${field}.`))];
}
