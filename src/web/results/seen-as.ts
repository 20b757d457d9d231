import { type Choices, isView, type ViewState } from './view.ts';

/** A name of a list or a column. GraphQL names have no backticks. */
const name = '`([^`\\n]+)`';

/** In a comment: "Best seen as Chart of `metrics.payout` by `day`, lines by `strategyId`, in `metrics`". */
const seenAs = new RegExp(
  `(?<=^#.*)\\bBest seen as (\\w+)(?: of ${name})?(?: by ${name})?(?:, (?:lines by ${name}|(one line)))?(?:, in ${name})?`,
  'm',
);

/** The view that a comment of a query names, with its choices. Null if there is none. */
export function stateNamedIn(query: string): ViewState | null {
  const [, view, metric, time, group, oneLine, list] = seenAs.exec(query) ?? [];
  if (!isView(view)) return null;
  const choices: Choices = {
    ...(list !== undefined && { list }),
    ...(metric !== undefined && { metric }),
    ...(time !== undefined && { time }),
    ...(group !== undefined ? { group } : oneLine !== undefined && { group: null }),
  };
  return { view, choices };
}

/**
 * A query with a comment that names its view, for everyone who opens it. JSON, as all results are at first, is not named.
 *
 * @returns the query itself if it says so already.
 */
export function withStateNamed(query: string, { view, choices }: ViewState): string {
  if (view === 'JSON') return query;
  const { list, metric, time, group } = choices;
  const text = [
    `Best seen as ${view}`,
    view === 'Chart' && metric !== undefined ? ` of \`${metric}\`` : '',
    view === 'Chart' && time !== undefined ? ` by \`${time}\`` : '',
    view !== 'Chart' || group === undefined ? '' : group === null ? ', one line' : `, lines by \`${group}\``,
    view !== 'Timeline' && list !== undefined ? `, in \`${list}\`` : '',
  ].join('');
  if (seenAs.test(query)) return query.replace(seenAs, () => text);
  // A paragraph of its own in a comment that is there already.
  return `# ${text}.\n${query.startsWith('#') ? '#\n' : ''}${query}`;
}
