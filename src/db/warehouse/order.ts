import { type RawBuilder, sql } from 'kysely';
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
}

/** The total orders of a list: by a field, then by the unique id. */
export interface Sorting<Row, Field extends string> {
  readonly columns: (order: Order<Field>) => SortColumn[];
  /** A row's position in that order, for its cursor. */
  readonly position: (row: Row, order: Order<Field>) => Position;
}

/** Creates the total orders of a list whose rows have a unique `id`. */
export function sorting<Row extends { readonly id: string }, Field extends string>(
  idColumn: string,
  fields: Readonly<Record<Field, SortKey<Row>>>,
): Sorting<Row, Field | 'ID'> {
  const id: SortKey<Row> = { column: sql.ref(idColumn), value: (row) => row.id, nullable: false };
  const keys = (field: Field | 'ID') => (field === 'ID' ? [id] : [fields[field], id]);
  return {
    columns: ({ field, direction }) =>
      keys(field).map(({ column, nullable }) => ({ expression: column, direction, nullable })),
    position: (row, { field }) => keys(field).map(({ value }) => value(row)),
  };
}
