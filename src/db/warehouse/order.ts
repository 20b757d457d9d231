import { type RawBuilder, sql } from 'kysely';
import { isInstant } from '../../domain/instant.ts';
import { TimeOutOfRange } from '../../errors.ts';
import type { Position } from '../cursor.ts';
import type { SortColumn } from './keyset.ts';

/** A list's order by one field, as a client requests it. */
export interface Order<Field extends string> {
  readonly field: Field;
  readonly direction: 'ASC' | 'DESC';
}

/** A sort field: its column, and its value in a row. */
export interface SortKey<Row> {
  readonly column: RawBuilder<unknown>;
  readonly value: (row: Row) => string | null;
  /** Whether the column may be null. */
  readonly nullable: boolean;
  /** The column's name, if it is a time. */
  readonly time?: string;
}

/** The total orders of a list: by a field, then by the unique id. */
export interface Sorting<Row, Field extends string> {
  readonly columns: (order: Order<Field>) => SortColumn[];
  /**
   * A row's position in that order, for its cursor.
   *
   * @throws {TimeOutOfRange} if it contains a time that RFC 3339 can't express.
   */
  readonly position: (row: Row, order: Order<Field>) => Position;
}

/** The column of a sort field that is a time. */
export const time = (name: string) => ({ column: sql.ref(name), time: name });

/** What to do if a time can't be part of a cursor. */
export const cursorHint = 'Until then the row has no cursor: order by another field, or exclude it with a filter.';

/**
 * Creates the total orders of a list whose rows have a unique `id`.
 *
 * @param type the GraphQL type of the rows.
 */
export function sorting<Row extends { readonly id: string }, Field extends string>(
  type: string,
  idColumn: string,
  fields: Readonly<Record<Field, SortKey<Row>>>,
): Sorting<Row, Field | 'ID'> {
  const id: SortKey<Row> = { column: sql.ref(idColumn), value: (row) => row.id, nullable: false };
  const keys = (field: Field | 'ID') => (field === 'ID' ? [id] : [fields[field], id]);
  return {
    columns: ({ field, direction }) =>
      keys(field).map(({ column, nullable }) => ({ expression: column, direction, nullable })),
    position: (row, { field }) =>
      keys(field).map(({ value, time }) => {
        const text = value(row);
        if (time === undefined || text === null || isInstant(text)) return text;
        throw new TimeOutOfRange({ type, id: row.id }, time, text, cursorHint);
      }),
  };
}
