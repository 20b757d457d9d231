import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Position } from '../cursor.ts';
import { allOf, anyOf, equalsOrBothNull } from './sql.ts';

/** One column of a total order. The last column of an order must be unique in the list. */
export interface SortColumn {
  readonly expression: RawBuilder<unknown>;
  readonly direction: 'ASC' | 'DESC';
  /** Nulls sort last in both directions. If the column has none, an index can serve the order. */
  readonly nullable: boolean;
}

/** The `order by` list of these columns. */
export function orderBy(columns: readonly SortColumn[]): RawBuilder<unknown> {
  return sql.join(
    columns.map(
      ({ expression, direction, nullable }) =>
        sql`${expression} ${sql.raw(direction)}${nullable ? sql` nulls last` : sql``}`,
    ),
  );
}

/**
 * The rows after a position. Written as OR of ANDs, because Redshift has no row comparison: (a, b) > (1, 2) is a > 1 or
 * (a = 1 and b > 2). The redundant bound a >= 1 lets an index serve the condition.
 */
export function isAfter(columns: readonly SortColumn[], position: Position): RawBuilder<SqlBool> {
  const alternatives = columns.map((column, index) =>
    allOf([
      ...columns.slice(0, index).map((earlier, at) => equalsOrBothNull(earlier.expression, position[at] ?? null)),
      comesAfter(column, position[index] ?? null),
    ]),
  );
  const [first] = columns;
  const [value] = position;
  if (!first || first.nullable || typeof value !== 'string') return anyOf(alternatives);
  const bound = sql<SqlBool>`${first.expression} ${first.direction === 'ASC' ? sql`>=` : sql`<=`} ${value}`;
  return allOf([bound, anyOf(alternatives)]);
}

/** The parameters of `isAfter`, in their order. */
export function valuesOfAfter(columns: readonly SortColumn[], position: Position): string[] {
  const values = columns.flatMap((_, index) => position.slice(0, index + 1).filter((value) => value !== null));
  const [first] = columns;
  const [value] = position;
  return !first || first.nullable || typeof value !== 'string' ? values : [value, ...values];
}

/** Identifies the text of `isAfter` among those for the same columns. */
export const shapeOfAfter = (position: Position): string =>
  position.map((value) => (value === null ? '-' : '+')).join('');

function comesAfter({ expression, direction, nullable }: SortColumn, value: string | null): RawBuilder<SqlBool> {
  // Nulls sort last: no row follows a null, and every null follows a value.
  if (value === null) return sql<SqlBool>`1 = 0`;
  const beyond = direction === 'ASC' ? sql`>` : sql`<`;
  if (!nullable) return sql<SqlBool>`${expression} ${beyond} ${value}`;
  return sql<SqlBool>`(${expression} ${beyond} ${value} or ${expression} is null)`;
}
