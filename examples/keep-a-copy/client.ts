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
/** Above the service's own limit for an operation (OPERATION_SECONDS, 120 by default), so that its error arrives first. */
const requestMilliseconds = 150_000;
const longestWaitSeconds = 60;

export interface ClientOptions {
  /** Waits between two attempts. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
  /** How long one request may take, from the connection to the end of the response. */
  readonly timeoutMilliseconds?: number;
}

/**
 * A client of the API. It repeats operations that failed for a reason that passes: after the time in Retry-After if the
 * service sent one, otherwise after 1, 2, 4, 8 and 16 seconds. It waits for a minute at most, even if Retry-After is longer.
 *
 * @param key an API key or a token; null if the service has no authentication.
 */
export function createClient(
  url: string,
  key: string | null,
  { wait = delay, timeoutMilliseconds = requestMilliseconds }: ClientOptions = {},
): Send {
  const headers = { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) };
  /** Reads the whole body too: a connection can also break or stall in the middle of it. */
  const post = async (body: string): Promise<Answer> => {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    const retryAfter = Number(response.headers.get('retry-after'));
    return { status: response.status, retryAfter, text: await response.text() };
  };
  return async (document, variables) => {
    const body = JSON.stringify({ query: String(document), variables });
    for (let attempt = 1; ; attempt += 1) {
      const answer = await post(body).catch((error: Error) => error);
      const isPassing = answer instanceof Error || passing.has(answer.status);
      if (!isPassing) return dataOf(answer);
      if (attempt === attempts) {
        if (answer instanceof Error) throw new Error(`no complete answer from ${url} (${reasonOf(answer)})`);
        return dataOf(answer);
      }
      const retryAfter = answer instanceof Error ? 0 : answer.retryAfter;
      await wait(1000 * Math.min(retryAfter > 0 ? retryAfter : 2 ** (attempt - 1), longestWaitSeconds));
    }
  };
}

interface Answer {
  readonly status: number;
  /** Seconds; 0 without the header, NaN if it is a date. */
  readonly retryAfter: number;
  readonly text: string;
}

function dataOf<Data>({ status, text }: Answer): Data {
  let answer: { data?: Data; errors?: { message: string; extensions?: { code?: string } }[] };
  try {
    answer = JSON.parse(text);
  } catch {
    throw new ApiError(`HTTP ${status}, and the body is not JSON: ${text.slice(0, 100)}`, null);
  }
  const [error] = answer.errors ?? [];
  if (error) throw new ApiError(error.message, error.extensions?.code ?? null);
  if (!answer.data) throw new ApiError(`HTTP ${status} without data`, null);
  return answer.data;
}

/** fetch says why it failed in the cause. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message || message : message);
