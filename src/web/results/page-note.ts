import type { ResultList } from './lists.ts';

/** What is said of a list that is not complete, or may not be. */
export function pageNote({ rows, extent, total }: Pick<ResultList, 'rows' | 'extent' | 'total'>): string {
  if (extent === 'unknown') return 'These may be only the first rows: select pageInfo { hasNextPage } to know.';
  const shown = `Only the first ${rows.length.toLocaleString('en')} rows`;
  return total === null ? `${shown}; the list has more.` : `${shown} of ${total.toLocaleString('en')}.`;
}
