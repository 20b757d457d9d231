import type { Extent, Page } from './extent.ts';
import type { Cell, ColumnKind } from './kinds.ts';

export interface Column {
  /** Where the value is in its row: `metrics.payout`. That of a row around it: `iterations: name`. */
  readonly name: string;
  readonly kind: ColumnKind;
  /** Name of its type in the schema; null if unknown. */
  readonly type: string | null;
  /** Whether it belongs to the row around it. */
  readonly isOuter: boolean;
}

/** A list of an answer. Each row has the scalars of an item, of the objects in it, and of the rows around it. */
export interface ResultList extends Page {
  /** Names of the fields that lead to it: `strategy › iterations › daily`. */
  readonly name: string;
  /** Name of the items' type; null if unknown. */
  readonly type: string | null;
  /** Number of lists and objects around it. */
  readonly depth: number;
  /** Whether it is an object that is not in a list. */
  readonly isSingle: boolean;
  readonly columns: readonly Column[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly Cell[])[];
  /** Number of its items: some may have no values of their own, and so no row. */
  readonly count: number;
  /** That of it alone; `extent` is that of it and of the lists around it. */
  readonly ownExtent: Extent;
  /** Whether the argument `having` leaves rows out; null if unknown. */
  readonly hasBounds: boolean | null;
  /** Of its days; null if unknown. Instants are UTC. */
  readonly timeZone: string | null;
}

/** The name of a column that was chosen, if it is one of these. */
export const nameIn = (columns: readonly Column[], chosen: string | null | undefined): string | undefined =>
  columns.find(({ name }) => name === chosen)?.name;
