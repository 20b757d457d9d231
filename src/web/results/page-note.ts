import type { ResultList } from './lists.ts';

/** What is said of a list that is not complete, or may not be. */
export function pageNote({ rows, extent, total }: Pick<ResultList, 'rows' | 'extent' | 'total'>): string {
  if (extent === 'unknown') return 'These may be only the first rows: select pageInfo { hasNextPage } to know.';
  const shown = `Only the first ${rows.length.toLocaleString('en')} rows`;
  return total === null ? `${shown}; the list has more.` : `${shown} of ${total.toLocaleString('en')}.`;
}

/** What is said of lists that are not complete, by their names. One in another of these lists is left out: the outer one says it already. */
export function pageNotes(lists: readonly ResultList[]): { readonly name: string; readonly text: string }[] {
  const cut = lists.filter(({ extent }) => extent !== 'complete');
  return cut
    .filter(({ name }) => !cut.some((each) => name.startsWith(`${each.name} › `)))
    .map((list) => ({ name: list.name, text: `${lists.length > 1 ? `${list.name}: ` : ''}${pageNote(list)}` }));
}
