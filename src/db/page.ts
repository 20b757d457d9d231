import type { Position } from './cursor.ts';

export interface PageRequest {
  /** Number of rows, 1 to 1000. */
  readonly first: number;
  readonly after: Position | null;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
}

/**
 * Cuts a page of `first` rows from the rows of a statement whose limit is `first + 1`: the extra row shows that there
 * is a next page.
 */
export function cut<Row>(rows: readonly Row[], first: number): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}
