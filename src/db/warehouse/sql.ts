import { type OperationNodeSource, PrimitiveValueListNode, type RawBuilder, type SqlBool, sql } from 'kysely';
import { textKey } from '../../domain/ids.ts';

/**
 * Sizes that IN lists are padded to, by repeating one of the values. Redshift compiles each new statement shape, so few
 * shapes are used.
 */
const listSizes = [1, 10, 100, 1000] as const;

const largest = listSizes[listSizes.length - 1] as number;
/** Step of the sizes above 100 for composite keys, which cost several parameters each. */
const keyStep = 100;

/** Pads a list to the next size by repeating its first value; above the largest size, to a multiple of it. */
export function padded<Value>(values: readonly Value[]): Value[] {
  return repeated(values, values[0], paddedSize(values.length));
}

/** The same for texts, by repeating the shortest: clients may send long ones. */
export function paddedTexts(values: readonly string[]): string[] {
  const size = paddedSize(values.length);
  if (size === values.length) return [...values];
  const shortest = values.reduce((one, other) => (other.length < one.length ? other : one));
  return repeated(values, shortest, size);
}

/** Like `padded`, for composite keys: above 100, to a multiple of 100. */
export function paddedKeys<Key>(keys: readonly Key[]): Key[] {
  return keys.length <= keyStep ? padded(keys) : repeated(keys, keys[0], nextMultiple(keys.length, keyStep));
}

const paddedSize = (count: number): number =>
  count === 0 ? 0 : (listSizes.find((size) => size >= count) ?? nextMultiple(count, largest));

const nextMultiple = (count: number, step: number): number => Math.ceil(count / step) * step;

const repeated = <Value>(values: readonly Value[], filler: Value | undefined, size: number): Value[] =>
  filler === undefined ? [] : [...values, ...new Array<Value>(size - values.length).fill(filler)];

/** A list of parameters in parentheses, as one node: `sql.join` would make one for each of up to a thousand. */
const valueList = (values: readonly string[]): OperationNodeSource => {
  const node = PrimitiveValueListNode.create(values);
  return { toOperationNode: () => node };
};

/** `expression in (…)`. An empty list matches nothing. */
export function isIn(expression: RawBuilder<unknown>, values: readonly string[]): RawBuilder<SqlBool> {
  if (values.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`${expression} in ${valueList(paddedTexts(values))}`;
}

/** A column of text ids as it is compared, see `textKey`. An index on the column can't serve it. */
export const comparedText = (column: string): RawBuilder<string | null> => sql`rtrim(${sql.ref(column)}, ' ')`;

/** Whether a column of text ids has one of the values, see `textKey`. */
export const isTextIn = (column: string, values: readonly string[]): RawBuilder<SqlBool> =>
  isIn(comparedText(column), values.map(textKey));

/**
 * The same with the stored text, so that an index on the column serves it. On PostgreSQL, a text that is stored with blanks at
 * its end is found only as it is stored.
 */
export const isStoredTextIn = (column: string, values: readonly string[]): RawBuilder<SqlBool> =>
  isIn(sql.ref(column), storedTexts(values));

/** The values that `isStoredTextIn` compares with. */
export const storedTexts = (values: readonly string[]): string[] =>
  paddedTexts([...new Set(values.flatMap((value) => [value, textKey(value)]))]);

/** All of the conditions; true if there are none. */
export function allOf(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql<SqlBool>`1 = 1`;
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}

/** Any of the conditions; false if there are none. */
export function anyOf(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`(${sql.join(conditions, sql` or `)})`;
}

/**
 * Equality that is true for two nulls. IS NOT DISTINCT FROM is not used: Redshift's support for it is not documented.
 */
export function equalsOrBothNull(expression: RawBuilder<unknown>, value: string | null): RawBuilder<SqlBool> {
  return value === null ? sql<SqlBool>`${expression} is null` : sql<SqlBool>`${expression} = ${value}`;
}

/** Half-open: from <= expression < to. A missing end is unbounded. */
export interface InstantRange {
  readonly from?: string | null;
  readonly to?: string | null;
}

export function isWithin(expression: RawBuilder<unknown>, range: InstantRange): RawBuilder<SqlBool> {
  const conditions: RawBuilder<SqlBool>[] = [];
  if (range.from) conditions.push(sql<SqlBool>`${expression} >= ${range.from}`);
  if (range.to) conditions.push(sql<SqlBool>`${expression} < ${range.to}`);
  return allOf(conditions);
}

/**
 * Case-insensitive "contains". The database folds both sides, so a stored text always contains itself: JavaScript folds some
 * letters otherwise (İ, Σ at the end of a word). A database that folds only ASCII (PGlite, or the collation C) also gets the
 * text in capitals and in small letters, and so finds É as é unless a name mixes both.
 */
export function contains(expression: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  const place = (part: string) =>
    // Without a cast Redshift does not know the type of a parameter of a function.
    sql`strpos(lower(${expression}), lower(cast(${part} as varchar(4096))))`;
  return sql<SqlBool>`${sql.join(foldedTexts(text).map(place), sql` + `)} > 0`;
}

/** The parameters of `contains`. */
export const foldedTexts = (text: string): string[] => [text, inCapitals(text), text.toLowerCase()];

/**
 * A letter without a capital of its own stays: ß would become SS, ı would become I, and find other names. But ς is σ at the
 * end of a word, not another letter.
 */
const inCapitals = (text: string): string =>
  Array.from(text, (letter) => {
    const capital = letter.toUpperCase();
    return letter === 'ς' || capital.toLowerCase() === letter.toLowerCase() ? capital : letter;
  }).join('');
