import { barOptions } from './bars.ts';
import { defaultList } from './default-list.ts';
import { type Column, nameIn, type ResultList } from './result-list.ts';
import { chartOptions } from './series.ts';
import type { Choices, ViewState } from './view.ts';

/**
 * The choices that an answer has: others were made in the answer to another operation of the same tab.
 *
 * @param lists of the answer. One without rows says nothing of the choices in it, which stay as they are.
 */
export function knownChoices({ view, choices }: ViewState, lists: readonly ResultList[]): Choices {
  const { list, metric, time, group } = choices;
  const chosen = lists.find(({ name }) => name === list);
  const shown = chosen ?? defaultList(view, lists);
  if (!shown || shown.rows.length === 0) return choices;
  const lines = chartOptions(shown);
  const options = lines ?? barOptions(shown);
  const has = (columns: readonly Column[] | undefined, column: string | undefined | null): boolean =>
    columns !== undefined && nameIn(columns, column) !== undefined;
  return {
    ...(chosen && { list: chosen.name }),
    ...(has(options?.metrics, metric) && { metric }),
    ...(has(lines?.times, time) && { time }),
    ...(options && (group === null || has(options.groups, group)) && { group }),
  };
}
