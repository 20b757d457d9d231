import type { Fetcher, FetcherParams } from '@graphiql/toolkit';

const ENDPOINT = '/graphql';

/**
 * Sends each operation as JSON to the endpoint on this page's own origin. `onReachable` hears after every request
 * whether the service answered at all; a GraphQL error is an answer, a refused connection or a proxy's page is not.
 */
export function createFetcher(onReachable: (reachable: boolean) => void): Fetcher {
  return async (params, options) => {
    const answer = await post(forgetStaleName(params), options?.headers);
    onReachable(typeof answer !== 'string');
    // Returned, not thrown: GraphiQL would show a thrown error with its stack.
    return typeof answer === 'string' ? { errors: [{ message: answer }] } : answer;
  };
}

/** The service's answer, or a sentence that says why there is none. */
async function post(params: unknown, headers: Record<string, string> | undefined) {
  let response: Response;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: {
        ...headers,
        accept: 'application/graphql-response+json, application/json',
        'content-type': 'application/json',
      },
      body: JSON.stringify(params),
    });
  } catch (error) {
    return `${ENDPOINT} did not answer (${error}). Is the service still running?`;
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return `${ENDPOINT} answered ${response.status} with something that is not JSON: ${text.slice(0, 200)}`;
  }
}

/** GraphiQL learns an operation's name 0.1 s after the editor changed; run sooner, it would send the one before. */
function forgetStaleName(params: FetcherParams): FetcherParams {
  const { operationName, query } = params;
  if (!operationName || new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query))
    return params;
  return { ...params, operationName: undefined };
}
