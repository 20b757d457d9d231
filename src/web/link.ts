import { parse } from 'graphql';
import { type Choices, choicesOf, isView, type ViewState } from './results/view.ts';

/** An operation that a link opens. */
export interface LinkedOperation extends ViewState {
  readonly query: string;
  /** JSON text; empty if there are none. */
  readonly variables: string;
}

/** Longer links are cut off by mail and chat programs. */
const maxLength = 16_000;

/** A link that can't be made or opened. The message is for the user. */
export class LinkError extends Error {}

/**
 * A link that opens the page with an operation. It is in the fragment, which browsers send to no server, so it is in no log. It
 * has no key and no headers.
 *
 * @param page the address of the page; its own fragment is replaced.
 * @throws {LinkError} if `linkedOperation` would refuse it.
 */
export function linkTo({ query, variables, view, choices }: LinkedOperation, page: string): string {
  const url = new URL(page);
  const parameters = new URLSearchParams({
    query,
    ...(variables.trim() === '' ? {} : { variables }),
    ...(view === 'JSON' ? {} : { view }),
    ...parametersOf(choices),
    // A link that was cut off has no end.
    end: '1',
  });
  url.hash = parameters.toString();
  if (url.href.length > maxLength)
    throw new LinkError('The operation is too long for a link. Save it instead, or copy its text.');
  check(query);
  return url.href;
}

/**
 * The operation of the fragment of an address; null if it has none.
 *
 * @throws {LinkError} if the fragment was damaged on its way.
 */
export function linkedOperation(fragment: string): LinkedOperation | null {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  const query = parameters.get('query');
  if (query === null) return null;
  if (fragment.length > maxLength)
    throw new LinkError('The link is too long to be one of this page, and was not opened.');
  if (parameters.get('end') !== '1')
    throw new LinkError('The link is incomplete, and was not opened. Copy all of it: it may have been cut off.');
  check(query);
  const view = parameters.get('view') ?? 'JSON';
  return {
    query,
    variables: parameters.get('variables') ?? '',
    view: isView(view) ? view : 'JSON',
    choices: choicesIn(parameters),
  };
}

/** An empty `lines` parameter means one line. */
const parametersOf = ({ list, metric, time, group }: Choices): Record<string, string> => ({
  ...(list !== undefined && { list }),
  ...(metric !== undefined && { values: metric }),
  ...(time !== undefined && { time }),
  ...(group !== undefined && { lines: group ?? '' }),
});

function choicesIn(parameters: URLSearchParams): Choices {
  const lines = parameters.get('lines');
  return choicesOf({
    list: parameters.get('list') ?? undefined,
    metric: parameters.get('values') ?? undefined,
    time: parameters.get('time') ?? undefined,
    group: lines === null ? undefined : lines || null,
  });
}

function check(query: string): void {
  try {
    parse(query);
  } catch (error) {
    throw new LinkError(
      `The operation of the link is not valid GraphQL. ${error instanceof Error ? error.message : ''}`,
    );
  }
}
