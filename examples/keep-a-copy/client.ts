import { setTimeout as delay } from 'node:timers/promises';
import type { TypedDocumentString } from './operations.ts';

/** Sends an operation and returns its data. Throws ApiError if the service refuses it. */
export type Send = <Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
) => Promise<Data>;

/** An answer of the service that sending the operation again does not change. */
export class ApiError extends Error {
  /** `extensions.code` of the first error; null if the answer is not one of GraphQL. */
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

const attempts = 6;
/** Too many requests, and a gateway, a service or a time-out that may be better later. */
const passing = new Set([429, 502, 503, 504]);

/**
 * A client of the API. It repeats operations that failed for a reason that passes: after the time in Retry-After if the
 * service sent one, otherwise after 1, 2, 4, 8 and 16 seconds.
 *
 * @param key an API key or a token; null if the service has no authentication.
 */
export function createClient(url: string, key: string | null, wait: (ms: number) => Promise<unknown> = delay): Send {
  const headers = { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  return async (document, variables) => {
    const body = JSON.stringify({ query: String(document), variables });
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(url, { method: 'POST', headers, body }).catch((error: Error) => error);
      const isPassing = response instanceof Error || passing.has(response.status);
      if (!isPassing) return dataOf(response);
      if (attempt === attempts) {
        if (response instanceof Error) throw new Error(`${url} does not answer (${reasonOf(response)})`);
        return dataOf(response);
      }
      const retryAfter = response instanceof Error ? null : response.headers.get('retry-after');
      await wait(1000 * (Number(retryAfter) || 2 ** (attempt - 1)));
    }
  };
}

async function dataOf<Data>(response: Response): Promise<Data> {
  const text = await response.text();
  let answer: { data?: Data; errors?: { message: string; extensions?: { code?: string } }[] };
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(`HTTP ${response.status}, and the body is not JSON: ${text.slice(0, 100)}`, null);
  }
  const [error] = answer.errors ?? [];
  if (error) throw new ApiError(error.message, error.extensions?.code ?? null);
  if (!answer.data) throw new ApiError(`HTTP ${response.status} without data`, null);
  return answer.data;
}

/** fetch says why it failed in the cause. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message || message : message);
