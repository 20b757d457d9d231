/** An operation that a link opens. */
export interface LinkedOperation {
  readonly query: string;
  /** JSON text; empty if there are none. */
  readonly variables: string;
}

/**
 * A link that opens the page with an operation. It is in the fragment, which browsers send to no server, so it is in no log. It
 * holds no key.
 *
 * @param page the address of the page; its own fragment is replaced.
 */
export function linkTo({ query, variables }: LinkedOperation, page: string): string {
  const url = new URL(page);
  const parameters = new URLSearchParams({ query, ...(variables.trim() === '' ? {} : { variables }) });
  url.hash = parameters.toString();
  return url.href;
}

/** The operation of the fragment of an address; null if it has none. */
export function linkedOperation(fragment: string): LinkedOperation | null {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ''));
  const query = parameters.get('query');
  return query === null ? null : { query, variables: parameters.get('variables') ?? '' };
}
