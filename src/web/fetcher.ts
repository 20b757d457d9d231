import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import type { ApiKey } from './api-key.ts';

const ENDPOINT = '/graphql';

/**
 * Sends operations as JSON to the endpoint on the origin of this page. If the service requires a key, asks the user for it and
 * sends the operation again.
 *
 * @param onReachable called after every request. False for network errors and responses that are not JSON; GraphQL errors
 *   count as reachable.
 */
export function createFetcher(apiKey: ApiKey, onReachable: (reachable: boolean) => void): Fetcher {
  return async (params, options) => {
    const result = await postWithKey(withoutStaleName(params), options?.headers ?? {}, apiKey);
    onReachable(typeof result !== 'string');
    // GraphiQL would display a thrown error with its stack.
    return typeof result === 'string' ? { errors: [{ message: result }] } : result;
  };
}

/** A header that the user typed wins over the key of the tab, and its refusal is shown as any other error. */
async function postWithKey(params: unknown, headers: Record<string, string>, apiKey: ApiKey) {
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization'))
    return (await post(params, headers)).result;
  for (;;) {
    const key = apiKey.value;
    const { status, result } = await post(
      params,
      key === null ? headers : { ...headers, authorization: `Bearer ${key}` },
    );
    if (status !== 401) return result;
    // Another request may have got a new key meanwhile.
    if (apiKey.value === key && !(await apiKey.ask(result?.errors?.[0]?.message ?? null))) return result;
  }
}

/** Returns the JSON response, or an error message as a string. */
async function post(params: unknown, headers: Record<string, string>) {
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
    return { status: 0, result: `${ENDPOINT} did not respond (${error}). Is the service still running?` };
  }
  const text = await response.text();
  try {
    return { status: response.status, result: JSON.parse(text) };
  } catch {
    const problem = `${ENDPOINT} responded with status ${response.status} and a body that is not JSON: ${text.slice(0, 200)}`;
    return { status: response.status, result: problem };
  }
}

/** GraphiQL updates the operation name 0.1 s after an edit; a request before that would have the old name. */
function withoutStaleName(params: FetcherParams): FetcherParams {
  const { operationName, query } = params;
  if (!operationName || new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query))
    return params;
  return { ...params, operationName: undefined };
}
