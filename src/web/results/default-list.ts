import { barOptions } from './bars.ts';
import type { Column, ResultList } from './result-list.ts';
import type { View } from './view.ts';

/**
 * What a view shows at first: the outermost list with rows, and the first of those; an object only if there is no list. A chart
 * prefers lists with numbers and days, then with numbers and times, of their own: outer lists have the times of their objects; then
 * lists with numbers.
 */
export function defaultList(view: View, lists: readonly ResultList[]): ResultList | undefined {
  const candidates =
    view === 'Chart'
      ? [withTimes(lists, 'day'), withTimes(lists, 'instant'), lists.filter(barOptions), lists]
      : [lists];
  return outermost(candidates.find(({ length }) => length > 0) ?? []);
}

const withTimes = (lists: readonly ResultList[], time: Column['kind']): readonly ResultList[] =>
  lists.filter(({ columns, rows }) => {
    const own = new Set(columns.filter(({ isOuter }) => !isOuter).map(({ kind }) => kind));
    return rows.length > 0 && own.has(time) && own.has('number');
  });

const outermost = (lists: readonly ResultList[]): ResultList | undefined =>
  lists.toSorted((a, b) => rank(a) - rank(b))[0];

/** Lists with rows before objects, and these before lists without rows. */
const rank = ({ rows, isSingle, depth }: ResultList): number =>
  (rows.length === 0 ? 2_000 : isSingle ? 1_000 : 0) + depth;
