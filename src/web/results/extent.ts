import { type ConnectionPage, type Owner, restOfCutList, restOfPages } from './cut-lists.ts';
import type { Shape } from './shape.ts';

/** Whether the service has more rows of a list. Unknown: neither `pageInfo` nor `totalCount` nor `first` says it. */
export type Extent = 'complete' | 'unknown' | 'cut';

/** What an answer says of the rows of a list that it does not have. */
export interface Page {
  readonly extent: Extent;
  /** Number of rows that the service has; null if the answer does not say it. */
  readonly total: number | null;
  /** Whether it begins after a cursor: the rows before it are not there. */
  readonly isAfterCursor: boolean;
  /** Whether the service has rows after these; null if the answer does not say it. */
  readonly hasNext: boolean | null;
  /** Whether its rows are the first ones. */
  readonly isFromStart: boolean;
  /** Why it is unknown whether it is complete, if that is for a reason other than a missing `pageInfo`. */
  readonly doubt: string | null;
}

const extents: readonly Extent[] = ['complete', 'unknown', 'cut'];

/** That of a list in another one, which may be cut itself. */
export const worst = (a: Extent, b: Extent): Extent => (extents.indexOf(a) > extents.indexOf(b) ? a : b);

const whole = (total: number): Page => ({
  extent: 'complete',
  total,
  isAfterCursor: false,
  hasNext: false,
  isFromStart: true,
  doubt: null,
});

const unknown: Page = { ...whole(0), extent: 'unknown', total: null, hasNext: null };

/** What was sent is not known, and with it neither `first` nor `after`. */
const withoutQuery = 'the page no longer has the query of this answer. Run it again to know';

/**
 * Of a list without `pageInfo`: if it is as long as the query or the service allows, there may be more rows.
 *
 * @param shape null: the query is not known.
 */
export function pageOfList(rows: number, shape: Shape | null, owner: Owner | null): Page {
  const rest = owner ? restOfCutList(owner, rows, shape?.first ?? null) : undefined;
  if (rest?.doubt === null) return { ...unknown, ...rest, extent: 'cut' };
  if (!shape) return { ...unknown, isFromStart: false, doubt: withoutQuery };
  if (rest) return { ...unknown, ...rest };
  const { first } = shape;
  return rest === undefined && first !== null && rows >= first ? { ...unknown, doubt: asLongAs(first) } : whole(rows);
}

const asLongAs = (first: number): string =>
  `the query asks for at most ${first.toLocaleString('en')} ${first === 1 ? 'row' : 'rows'}`;

/** Of a list with `pageInfo` and `totalCount` beside it. A page that is shorter than asked for is the last one. */
export function pageOfConnection({ connection, rows, shape, owner }: Omit<ConnectionPage, 'total'>): Page {
  const { pageInfo, totalCount } = connection;
  const hasNextPage =
    typeof pageInfo === 'object' && pageInfo !== null && 'hasNextPage' in pageInfo ? pageInfo.hasNextPage : undefined;
  const isShort = rows < (shape?.first ?? 1);
  const hasNext = typeof hasNextPage === 'boolean' ? hasNextPage : isShort ? false : null;
  const listed = typeof totalCount === 'number' ? totalCount : null;
  const rest = restOfPages({ connection, rows, shape, owner, total: listed });
  const total = rest ? rest.total : listed;
  const isAfterCursor = shape?.isAfterCursor ?? false;
  const isFromStart = shape !== null && !isAfterCursor && (rest?.isFromStart ?? true);
  if (isAfterCursor || hasNext === true || (listed ?? 0) > rows || (total ?? 0) > rows)
    return { extent: 'cut', total, isAfterCursor, hasNext, isFromStart, doubt: null };
  if (rest) return { ...unknown, total, isFromStart, doubt: rest.doubt };
  // All rows, wherever the page begins.
  if (listed !== null) return whole(rows);
  if (!shape) return { ...unknown, isFromStart, doubt: withoutQuery };
  return hasNext === false ? whole(rows) : unknown;
}
