import type { ApiKey } from './api-key.ts';

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Sends JSON to a path on the origin of this page, with the key of the tab. If the service requires a key, asks the user for it
 * and sends the request again. A header that the user typed wins over the key of the tab, and its refusal is returned.
 *
 * @throws as `fetch` does, if the service does not respond or the request is aborted.
 */
export async function postWithKey(
  apiKey: ApiKey,
  path: string,
  body: unknown,
  { headers = {}, signal }: PostOptions = {},
): Promise<Response> {
  const send = (key: string | null) =>
    fetch(path, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json',
        ...headers,
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) return send(null);
  for (;;) {
    const key = apiKey.value;
    const response = await send(key);
    if (response.status !== 401) return response;
    const { errors } = (await jsonOf(response.clone())) ?? {};
    // Another request may have got a new key meanwhile.
    if (apiKey.value === key && !(await apiKey.ask(errors?.[0]?.message ?? null))) return response;
  }
}

/** A response of `/graphql`, or an error of another path, which has the same form. */
export interface ServiceAnswer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** The body of a response; null if it is not JSON. */
export async function jsonOf(response: Response): Promise<ServiceAnswer | null> {
  try {
    return (await response.json()) as ServiceAnswer;
  } catch {
    return null;
  }
}

/** An error that the service answered with. The message is for the user. */
export class ServiceError extends Error {
  /** The error's `extensions`: its code, and what is known about it. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(message: string, extensions: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.extensions = extensions;
  }
}

/**
 * Sends an operation of the page itself and returns its data.
 *
 * @throws {ServiceError} if the answer has an error, or is not a GraphQL response.
 * @throws as `postWithKey` does.
 */
export async function ask<Data>(
  apiKey: ApiKey,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  options: PostOptions = {},
): Promise<Data> {
  const response = await postWithKey(apiKey, '/graphql', { query, variables }, options);
  const answer = await jsonOf(response);
  const error = answer?.errors?.[0];
  if (error) throw new ServiceError(error.message, error.extensions);
  if (!answer?.data) throw new ServiceError(`The service responded with status ${response.status}.`);
  return answer.data as Data;
}
