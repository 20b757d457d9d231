import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit';
import { type ExecutionResult, type GraphQLError, Kind, parse } from 'graphql';
import type { ApiKey } from './api-key.ts';
import type { Confirmation } from './confirmation.ts';
import { type PostOptions, postWithKey } from './requests.ts';

const ENDPOINT = '/graphql';

export interface FetcherOptions {
  readonly apiKey: ApiKey;
  /** Asked before a mutation is sent. */
  readonly confirmation: Confirmation;
  /** Called after every request. False for network errors and responses that are not JSON; GraphQL errors count as reachable. */
  readonly onReachable: (reachable: boolean) => void;
  /** Called with each answer that is shown, and what was sent, before it is shown. */
  readonly onAnswer: (answer: ExecutionResult, sent: FetcherParams) => void;
}

interface Observer {
  readonly next: (answer: ExecutionResult) => void;
  readonly complete: () => void;
}

/**
 * Sends operations as JSON to the endpoint on the origin of this page; mutations only after the user confirmed them.
 *
 * GraphiQL writes an answer into the tab that is open when it arrives, and can stop only what it has subscribed to. The result is
 * therefore an observable, at once: a request ends with its subscription.
 */
export function createFetcher(options: FetcherOptions): Fetcher {
  const observe = (given: FetcherParams, headers: Readonly<Record<string, string>>) => ({
    // GraphiQL passes an object.
    subscribe(observer: Observer) {
      const controller = new AbortController();
      const { signal } = controller;
      const params = withoutStaleName(given);
      void answerTo(params, headers, signal, options).then((answer) => {
        if (signal.aborted) return;
        // GraphiQL reads the schema by the same fetcher.
        if (params.operationName !== 'IntrospectionQuery') options.onAnswer(answer, params);
        observer.next(answer);
        observer.complete();
      });
      return { unsubscribe: () => controller.abort() };
    },
  });
  return (params, { headers = {} } = {}) => observe(params, headers) as Observable<ExecutionResult>;
}

/** The answer, also to a request that failed. Never rejects: GraphiQL would display an error with its stack. */
async function answerTo(
  params: FetcherParams,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  { apiKey, confirmation, onReachable }: FetcherOptions,
): Promise<ExecutionResult> {
  const mutations = mutationsIn(params);
  if (mutations.length > 0 && !(await confirmation.ask(mutations, signal))) return failure(notConfirmed);
  const result = await post(params, { headers, signal }, apiKey);
  if (!signal.aborted) onReachable(typeof result !== 'string');
  return typeof result === 'string' ? failure(result) : result;
}

const notConfirmed = 'The mutation was not sent, because it was not confirmed.';

const failure = (message: string): ExecutionResult => ({ errors: [{ message } as GraphQLError] });

/** Returns the JSON response, or an error message as a string. */
async function post(params: FetcherParams, options: PostOptions, apiKey: ApiKey): Promise<ExecutionResult | string> {
  let response: Response;
  let text: string;
  try {
    response = await postWithKey(apiKey, ENDPOINT, params, options);
    text = await response.text();
  } catch (error) {
    return `${ENDPOINT} did not respond (${error}). Is the service still running?`;
  }
  try {
    return JSON.parse(text);
  } catch {
    return `${ENDPOINT} responded with status ${response.status} and a body that is not JSON: ${text.slice(0, 200)}`;
  }
}

/** GraphiQL updates the operation name 0.1 s after an edit; a request before that would have the old name. */
function withoutStaleName(params: FetcherParams): FetcherParams {
  const { operationName, query } = params;
  const isInQuery = operationName && new RegExp(`\\b(query|mutation|subscription)\\s+${operationName}\\b`).test(query);
  return isInQuery ? params : { ...params, operationName: undefined };
}

/** Names of the fields that a request would change data with; empty for a query, or a document that the service will refuse. */
export function mutationsIn({ query, operationName }: FetcherParams): string[] {
  try {
    return parse(query).definitions.flatMap((each) =>
      each.kind === Kind.OPERATION_DEFINITION &&
      each.operation === 'mutation' &&
      (!operationName || each.name?.value === operationName)
        ? each.selectionSet.selections.map((field) => (field.kind === Kind.FIELD ? field.name.value : 'a fragment'))
        : [],
    );
  } catch {
    return [];
  }
}
