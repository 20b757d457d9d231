import { LocalError, reasonOf } from '../../local/errors.ts';

/**
 * Sends a query to the service.
 *
 * @throws {LocalError} if the service does not answer, or answers with errors
 */
export type Ask = <Data>(query: string, variables?: Readonly<Record<string, unknown>>) => Promise<Data>;

/** @param origin the service's address, without a path */
export function graphql(origin: string): Ask {
  return async <Data>(query: string, variables: Readonly<Record<string, unknown>> = {}) => {
    let response: Response;
    try {
      response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
    } catch (error) {
      throw new LocalError(`The service at ${origin} does not answer (${reasonOf(error)}). Is the stack running?`);
    }
    const body = (await response.json()) as { data?: Data; errors?: { message: string }[] };
    // An answer with status 200 may contain errors.
    if (body.errors || !body.data) {
      throw new LocalError(`The service answered: ${body.errors?.map(({ message }) => message).join('; ')}`);
    }
    return body.data;
  };
}

interface Connection<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Reads all pages of a connection. The query takes `$after` and has a single field, the connection. */
export async function allPages<Node>(
  ask: Ask,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Node[]> {
  const nodes: Node[] = [];
  let after: string | null = null;
  do {
    const data: Record<string, Connection<Node>> = await ask(query, { ...variables, after });
    const [page] = Object.values(data);
    if (page === undefined) throw new Error('the query has no field');
    nodes.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return nodes;
}
