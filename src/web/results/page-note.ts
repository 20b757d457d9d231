import { worst } from './extent.ts';
import type { ResultList } from './lists.ts';

/** What a picture says of an answer that has errors, too. */
export const partialNote = 'The answer has errors: something may be missing.';

type Cut = Pick<ResultList, 'rows' | 'extent' | 'total' | 'isFromStart' | 'isAfterCursor' | 'limit'>;

/** What is said of a list that is not complete, or may not be. */
export function pageNote({ rows, extent, total, isFromStart, isAfterCursor, limit }: Cut): string {
  if (extent === 'unknown') {
    const doubt = isFromStart ? 'These may be only the first rows' : 'These may not be all rows';
    return limit === null
      ? `${doubt}: select pageInfo { hasNextPage } to know.`
      : `${doubt}: the query asks for no more than ${limit.toLocaleString('en')} in a list.`;
  }
  const shown = `Only ${isFromStart ? 'the first ' : ''}${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'row' : 'rows'}`;
  const of = total === null ? '' : ` of ${total.toLocaleString('en')}`;
  if (isAfterCursor)
    return `${shown}${of}, those after the cursor${total === null ? '; the list has others before them' : ''}.`;
  return total === null ? `${shown}; the list has more.` : `${shown}${of}.`;
}

/**
 * What is said of lists that are not complete, by their names. A list in another one that is as incomplete is left out: the note of
 * the outer one says it already.
 */
export function pageNotes(lists: readonly ResultList[]): { readonly name: string; readonly text: string }[] {
  const cut = lists.filter(({ extent }) => extent !== 'complete');
  return cut
    .filter(
      ({ name, extent }) =>
        !cut.some((each) => name.startsWith(`${each.name} › `) && worst(each.extent, extent) === each.extent),
    )
    .map((list) => ({ name: list.name, text: `${lists.length > 1 ? `${list.name}: ` : ''}${pageNote(list)}` }));
}
