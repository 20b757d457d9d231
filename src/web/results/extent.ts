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
  /** The length at which a list without pages is cut, if it may be cut. */
  readonly limit: number | null;
}

const extents: readonly Extent[] = ['complete', 'unknown', 'cut'];

/** That of a list in another one, which may be cut itself. */
export const worst = (a: Extent, b: Extent): Extent => (extents.indexOf(a) > extents.indexOf(b) ? a : b);

/** Of a list without `pageInfo`: if it is as long as the query allows, there may be more rows. */
export function pageOfList(rows: number, shape: Shape | null): Page {
  const limit = shape?.first ?? null;
  return limit !== null && rows >= limit
    ? { extent: 'unknown', total: null, isAfterCursor: false, limit }
    : { extent: 'complete', total: rows, isAfterCursor: false, limit: null };
}

/**
 * Of a list with `pageInfo` and `totalCount` beside it. A page that is shorter than asked for is the last one.
 *
 * @param beside the values beside it.
 */
export function pageOfConnection(beside: Readonly<Record<string, unknown>>, rows: number, shape: Shape | null): Page {
  const { pageInfo, totalCount } = beside;
  const hasNext =
    typeof pageInfo === 'object' && pageInfo !== null && 'hasNextPage' in pageInfo ? pageInfo.hasNextPage : undefined;
  const total = typeof totalCount === 'number' ? totalCount : null;
  const isAfterCursor = shape?.isAfterCursor ?? false;
  if (isAfterCursor || hasNext === true || (total ?? 0) > rows)
    return { extent: 'cut', total, isAfterCursor, limit: null };
  const isWhole = hasNext === false || total !== null || rows < (shape?.first ?? 1);
  return { extent: isWhole ? 'complete' : 'unknown', total: isWhole ? rows : null, isAfterCursor, limit: null };
}
