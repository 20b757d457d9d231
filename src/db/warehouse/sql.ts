import { type RawBuilder, type SqlBool, sql } from 'kysely';

/**
 * The sizes that an IN-list is padded to, by repeating its last value. Redshift compiles every new shape of a
 * statement, so a handful of shapes serves all.
 */
const listSizes = [1, 10, 100, 1000] as const;

const largest = listSizes[listSizes.length - 1] as number;
/** The step of sizes beyond 100 for keys of several values, which cost a parameter each. */
const keyStep = 100;

/** Repeats the last of the values until a fixed size is reached; beyond the largest size the next multiple of it. */
export function padded<Value>(values: readonly Value[]): Value[] {
  return repeated(values, listSizes.find((size) => size >= values.length) ?? nextMultiple(values.length, largest));
}

/** The same for keys of several values: beyond 100 the next multiple of 100. */
export function paddedKeys<Key>(keys: readonly Key[]): Key[] {
  return keys.length <= keyStep ? padded(keys) : repeated(keys, nextMultiple(keys.length, keyStep));
}

const nextMultiple = (count: number, step: number): number => Math.ceil(count / step) * step;

function repeated<Value>(values: readonly Value[], size: number): Value[] {
  const last = values.at(-1);
  return last === undefined ? [] : [...values, ...new Array<Value>(size - values.length).fill(last)];
}

/** `expression in (…)`. An empty list matches nothing: nobody who names no id means all ids. */
export function isIn(expression: RawBuilder<unknown>, values: readonly string[]): RawBuilder<SqlBool> {
  if (values.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`${expression} in (${sql.join(padded(values))})`;
}

/** All of the conditions; true where there is none. */
export function allOf(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql<SqlBool>`1 = 1`;
  return sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
}

/** Any of the conditions; false where there is none. */
export function anyOf(conditions: readonly RawBuilder<SqlBool>[]): RawBuilder<SqlBool> {
  if (conditions.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`(${sql.join(conditions, sql` or `)})`;
}

/** Equality that holds between two nulls too. Redshift's IS NOT DISTINCT FROM is uncertain, so it is not used. */
export function equalsOrBothNull(expression: RawBuilder<unknown>, value: string | null): RawBuilder<SqlBool> {
  return value === null ? sql<SqlBool>`${expression} is null` : sql<SqlBool>`${expression} = ${value}`;
}

/** Half-open: from <= expression < to; an end that is absent does not bound. */
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

/** Case-insensitive "contains"; the characters that LIKE knows stand for themselves. */
export function contains(expression: RawBuilder<unknown>, text: string): RawBuilder<SqlBool> {
  const pattern = `%${text.toLowerCase().replaceAll(/[!%_]/g, '!$&')}%`;
  return sql<SqlBool>`lower(${expression}) like ${pattern} escape '!'`;
}
