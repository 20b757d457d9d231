import { choicesOf, isView, type ViewState, views } from './view.ts';

/** A name of a list or a column. GraphQL names have no backticks. */
const name = '`([^`]+)`';

/** "Best seen as Chart of `metrics.payout` by `day`, lines by `strategyId`, in `metrics`". */
const seenAs = new RegExp(
  `\\bBest seen as (${views.join('|')})\\b(?: of ${name})?(?: by ${name})?(?:, (?:(?:lines|split) by ${name}|(one line|not split)\\b(?! \\w)))?(?:, in ${name})?`,
);

/** What the comments above an operation say of a view: the words, the names in them, and where they are in the query. */
interface Naming {
  readonly match: RegExpExecArray;
  readonly from: number;
}

/** The first line of the comments above an operation that names a view; null if none does. */
function naming(query: string): Naming | null {
  let start = 0;
  for (const line of query.split('\n')) {
    if (line.trim() !== '' && !line.trimStart().startsWith('#')) return null;
    const match = seenAs.exec(line);
    if (match) return { match, from: start + match.index };
    start += line.length + 1;
  }
  return null;
}

/** The view that a comment of a query names, with its choices. Null if there is none. */
export function stateNamedIn(query: string): ViewState | null {
  const [, view, metric, time, group, oneLine, list] = naming(query)?.match ?? [];
  if (!isView(view)) return null;
  return { view, choices: choicesOf({ list, metric, time, group: oneLine === undefined ? group : null }) };
}

/** A text in place of a part of a query. */
export interface Edit {
  /** Index of its first character, and that after its last one. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * The edit by which a comment of a query names its view, for everyone who opens it. JSON, as all results are shown at first, is
 * named only if the comment names another view.
 *
 * @returns null if the query says so already.
 */
export function stateEdit(query: string, state: ViewState): Edit | null {
  const found = naming(query);
  const text = textOf(state);
  if (found) {
    const [before] = found.match;
    return before === text ? null : { from: found.from, to: found.from + before.length, text };
  }
  if (state.view === 'JSON') return null;
  // A paragraph of its own in a comment that is there already.
  return { from: 0, to: 0, text: `# ${text}.\n${query.startsWith('#') ? '#\n' : ''}` };
}

/** The query after an edit. */
export const edited = (query: string, edit: Edit | null): string =>
  edit ? query.slice(0, edit.from) + edit.text + query.slice(edit.to) : query;

function textOf({ view, choices: { list, metric, time, group } }: ViewState): string {
  // Without a time these may be bars.
  const [whole, parts] = time === undefined ? ['not split', 'split'] : ['one line', 'lines'];
  const chart = [
    metric === undefined ? '' : ` of \`${metric}\``,
    time === undefined ? '' : ` by \`${time}\``,
    group === undefined ? '' : group === null ? `, ${whole}` : `, ${parts} by \`${group}\``,
  ].join('');
  const hasList = (view === 'Table' || view === 'Chart') && list !== undefined;
  return `Best seen as ${view}${view === 'Chart' ? chart : ''}${hasList ? `, in \`${list}\`` : ''}`;
}
