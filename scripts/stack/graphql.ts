import { reasonOf } from '../../local/errors.ts';
import { StackError } from './errors.ts';

/** Asks the service; throws a StackError where it doesn't answer, or answers with errors. */
export type Ask = <Data>(query: string, variables?: Readonly<Record<string, unknown>>) => Promise<Data>;

/** @param origin the service's address, without a path. */
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
      throw new StackError(`The service at ${origin} does not answer (${reasonOf(error)}). Is the stack running?`);
    }
    const body = (await response.json()) as { data?: Data; errors?: { message: string }[] };
    // GraphQL may fail with 200.
    if (body.errors || !body.data) {
      throw new StackError(`The service answered: ${body.errors?.map(({ message }) => message).join('; ')}`);
    }
    return body.data;
  };
}

interface Connection<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** All rows of a list, page by page. The query takes `$after` and answers with one field, a connection. */
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
