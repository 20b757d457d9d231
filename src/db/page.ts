import type { Position } from './cursor.ts';

export interface PageRequest {
  /** How many rows, 1 to 1000. */
  readonly first: number;
  readonly after: Position | null;
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
}

/** A page of `first` rows, of the rows that a statement with a limit of one more answered: that one tells of a next page. */
export function cut<Row>(rows: readonly Row[], first: number): Page<Row> {
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first };
}
