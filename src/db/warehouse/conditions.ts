import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { textKey } from '../../domain/ids.ts';
import {
  allOf,
  comparedText,
  contains,
  foldedTexts,
  type InstantRange,
  isIn,
  isWithin,
  paddedTexts,
  storedTexts,
} from './sql.ts';

/**
 * A condition of a query that is sent often. Its SQL is built only for the first query of its shape, see `fixedQuery`: that takes
 * longer than all else that the service does for a page.
 */
export interface Condition {
  /** Identifies the text of the condition. Holds no value that a client sends. */
  readonly shape: string;
  /** Its parameters, in their order. */
  readonly values: readonly unknown[];
  readonly build: () => RawBuilder<SqlBool>;
}

/** A condition whose text may hold a value that a client sends. */
export interface AnyCondition extends Omit<Condition, 'shape'> {
  /** Null: the text holds one, and is not to be kept. */
  readonly shape: string | null;
}

/** All of the conditions; true if there are none. */
export function every(conditions: readonly Condition[]): Condition;
export function every(conditions: readonly AnyCondition[]): AnyCondition;
export function every(conditions: readonly AnyCondition[]): AnyCondition {
  return {
    shape: conditions.some(({ shape }) => shape === null) ? null : conditions.map(({ shape }) => shape).join(' and '),
    values: conditions.flatMap(({ values }) => values),
    build: () => allOf(conditions.map(({ build }) => build())),
  };
}

/** A condition without parameters. */
export const plain = (shape: string, build: Condition['build']): Condition => ({ shape, values: [], build });

/** `column in (…)`. An empty list matches nothing. */
export const columnIn = (column: string, values: readonly string[]): Condition =>
  listIn(column, paddedTexts(values), () => sql.ref(column));

/** See `isTextIn`. */
export const textIn = (column: string, values: readonly string[]): Condition =>
  listIn(`compared ${column}`, paddedTexts(values.map(textKey)), () => comparedText(column));

/** See `isStoredTextIn`. */
export const storedTextIn = (column: string, values: readonly string[]): Condition =>
  listIn(column, storedTexts(values), () => sql.ref(column));

/**
 * `expression in (…)`. An empty list matches nothing.
 *
 * @param name of the expression, which identifies its text.
 * @param values as padded: there is one for each parameter.
 */
export const listIn = (name: string, values: readonly string[], expression: () => RawBuilder<unknown>): Condition => ({
  shape: `${name} in ${values.length}`,
  values,
  build: () => isIn(expression(), values),
});

/** `column = value`. */
export const equalTo = (column: string, value: string): Condition => ({
  shape: `${column} =`,
  values: [value],
  build: () => sql<SqlBool>`${sql.ref(column)} = ${value}`,
});

/** See `isWithin`. */
export const within = (column: string, range: InstantRange): Condition => ({
  shape: `${column}${range.from ? ' >=' : ''}${range.to ? ' <' : ''}`,
  values: [range.from, range.to].filter(Boolean),
  build: () => isWithin(sql.ref(column), range),
});

/** See `contains`. */
export const containing = (column: string, text: string): Condition => ({
  shape: `${column} contains`,
  values: foldedTexts(text),
  build: () => contains(sql.ref(column), text),
});
