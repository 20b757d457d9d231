import type { Page } from './extent.ts';
import type { ResultList } from './result-list.ts';

/** What a picture says of an answer that has errors, too. */
export const partialNote = 'The answer has errors: something may be missing.';

type Cut = Page & Pick<ResultList, 'count'>;

/** What is said of a list that is not complete, or may not be. */
export function pageNote(list: Cut): string {
  const { count, extent, total, isFromStart, isAfterCursor, doubt } = list;
  if (extent === 'unknown')
    return `${isFromStart ? 'These may be only the first rows' : 'These may not be all rows'}: ${
      doubt ?? 'select pageInfo { hasNextPage } to know'
    }.`;
  const of = total === null ? '' : ` of ${total.toLocaleString('en')}`;
  if (isAfterCursor) return `Only ${rowsText(count)}${of}, ${afterCursor(list)}.`;
  const shown = !isFromStart ? rowsText(count) : count === 1 ? 'the first row' : `the first ${rowsText(count)}`;
  return `Only ${shown}${of}${total === null ? '; the list has more' : ''}.`;
}

const rowsText = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'row' : 'rows'}`;

/** Where rows after a cursor are in their list. */
function afterCursor({ count, total, hasNext }: Cut): string {
  const [those, them] = count === 1 ? ['the one', 'it'] : ['those', 'them'];
  const place = `${those} after the cursor`;
  if (total !== null) return place;
  if (hasNext === true) return `${place}; the list has others before and after ${them}`;
  return `${place}; the list has others before ${them}${hasNext === null ? `, and may have others after ${them}` : ''}`;
}

/**
 * What is said of lists that are not complete, by their names. A list in another one that is not complete has a note only if it is
 * not complete itself.
 */
export function pageNotes(lists: readonly ResultList[]): { readonly name: string; readonly text: string }[] {
  const cut = lists.filter(({ extent }) => extent !== 'complete');
  return cut
    .map((list) => {
      const isInner = cut.some(({ name }) => list.name.startsWith(`${name} › `));
      return isInner ? { ...list, extent: list.ownExtent } : list;
    })
    .filter(({ extent }) => extent !== 'complete')
    .map((list) => ({ name: list.name, text: `${lists.length > 1 ? `${list.name}: ` : ''}${pageNote(list)}` }));
}
