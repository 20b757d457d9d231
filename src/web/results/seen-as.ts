import { choicesOf, isView, type ViewState, views } from './view.ts';

/** A name of a list or a column. GraphQL names have no backticks. */
const name = '`([^`]+)`';

/** "Best seen as Chart of `metrics.payout` by `day`, lines by `strategyId`, in `metrics`". */
const seenAs = new RegExp(
  `\\bBest seen as (${views.join('|')})\\b(?: of ${name})?(?: by ${name})?(?:, (?:lines by ${name}|(one line)(?! \\w)))?(?:, in ${name})?`,
);

/** The first line of the comments above an operation that names a view; null if none does. */
function naming(query: string): { readonly lines: string[]; readonly index: number } | null {
  const lines = query.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== '' && !line.startsWith('#')) return null;
    if (seenAs.test(line)) return { lines, index };
  }
  return null;
}

/** The view that a comment of a query names, with its choices. Null if there is none. */
export function stateNamedIn(query: string): ViewState | null {
  const found = naming(query);
  const [, view, metric, time, group, oneLine, list] = seenAs.exec(found?.lines[found.index] ?? '') ?? [];
  if (!isView(view)) return null;
  return { view, choices: choicesOf({ list, metric, time, group: oneLine === undefined ? group : null }) };
}

/**
 * A query with a comment that names its view, for everyone who opens it. JSON, as all results are shown at first, is named only
 * if the comment names another view.
 *
 * @returns the query itself if it says so already.
 */
export function withStateNamed(query: string, state: ViewState): string {
  const found = naming(query);
  const text = textOf(state);
  if (found)
    return found.lines
      .with(
        found.index,
        (found.lines[found.index] ?? '').replace(seenAs, () => text),
      )
      .join('\n');
  if (state.view === 'JSON') return query;
  // A paragraph of its own in a comment that is there already.
  return `# ${text}.\n${query.startsWith('#') ? '#\n' : ''}${query}`;
}

function textOf({ view, choices: { list, metric, time, group } }: ViewState): string {
  const chart = [
    metric === undefined ? '' : ` of \`${metric}\``,
    time === undefined ? '' : ` by \`${time}\``,
    group === undefined ? '' : group === null ? ', one line' : `, lines by \`${group}\``,
  ].join('');
  const hasList = (view === 'Table' || view === 'Chart') && list !== undefined;
  return `Best seen as ${view}${view === 'Chart' ? chart : ''}${hasList ? `, in \`${list}\`` : ''}`;
}
