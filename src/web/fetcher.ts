import type { Fetcher, FetcherParams } from '@graphiql/toolkit';

const ENDPOINT = '/graphql';

/**
 * Sends operations as JSON to the endpoint on the origin of this page.
 *
 * @param onReachable called after every request. False for network errors and responses that are not JSON; GraphQL errors
 *   count as reachable.
 */
export function createFetcher(onReachable: (reachable: boolean) => void): Fetcher {
  return async (params, options) => {
    const result = await post(withoutStaleName(params), options?.headers);
    onReachable(typeof result !== 'string');
    // GraphiQL would display a thrown error with its stack.
    return typeof result === 'string' ? { errors: [{ message: result }] } : result;
  };
}

/** Returns the JSON response, or an error message as a string. */
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
    return `${ENDPOINT} did not respond (${error}). Is the service still running?`;
  }
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return `${ENDPOINT} responded with status ${response.status} and a body that is not JSON: ${text.slice(0, 200)}`;
  }
}

/** GraphiQL updates the operation name 0.1 s after an edit; a request before that would have the old name. */
function withoutStaleName(params: FetcherParams): FetcherParams {
  const { operationName, query } = params;
  if (!operationName || new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query))
    return params;
  return { ...params, operationName: undefined };
}
