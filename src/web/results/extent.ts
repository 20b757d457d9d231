import { type Owner, partWithoutPages, rowsOfRefusedRun } from './kept-parts.ts';
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
  /** Why it is unknown whether it is complete, if that is not for want of `pageInfo`. */
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

/** Of a list without `pageInfo`: if it is as long as the query or the service allows, there may be more rows. */
export function pageOfList(rows: number, shape: Shape | null, owner: Owner | null): Page {
  const complete = whole(rows);
  const limit = shape?.first ?? null;
  if (limit !== null && rows >= limit) {
    const doubt = `the query asks for no more than ${limit.toLocaleString('en')} in a list`;
    return { ...complete, extent: 'unknown', total: null, hasNext: null, doubt };
  }
  const part = owner && partWithoutPages(owner, rows);
  if (!part) return complete;
  const { isFromStart, total, count } = part;
  return total === null
    ? { ...complete, extent: 'unknown', total, hasNext: null, isFromStart, doubt: `select ${count} to know` }
    : { ...complete, extent: 'cut', total, hasNext: null, isFromStart };
}

/**
 * Of a list with `pageInfo` and `totalCount` beside it. A page that is shorter than asked for is the last one.
 *
 * @param beside the values beside it.
 * @param owner what the connection is in; null if it is not in an object.
 */
export function pageOfConnection(
  beside: Readonly<Record<string, unknown>>,
  rows: number,
  shape: Shape | null,
  owner: Owner | null,
): Page {
  const { pageInfo, totalCount } = beside;
  const hasNextPage =
    typeof pageInfo === 'object' && pageInfo !== null && 'hasNextPage' in pageInfo ? pageInfo.hasNextPage : undefined;
  const isShort = rows < (shape?.first ?? 1);
  const hasNext = typeof hasNextPage === 'boolean' ? hasNextPage : isShort ? false : null;
  const total = typeof totalCount === 'number' ? totalCount : null;
  const isAfterCursor = shape?.isAfterCursor ?? false;
  if (isAfterCursor || hasNext === true || (total ?? 0) > rows)
    return { extent: 'cut', total, isAfterCursor, hasNext, isFromStart: !isAfterCursor, doubt: null };
  const isWhole = hasNext === false || total !== null;
  if (!isWhole) return { ...whole(rows), extent: 'unknown', total: null, hasNext: null };
  const doubt = owner && rowsOfRefusedRun(owner, rows);
  return doubt
    ? { ...whole(rows), extent: 'unknown', total: null, hasNext: null, isFromStart: false, doubt }
    : whole(rows);
}
