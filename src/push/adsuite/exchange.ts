import type { Clock } from '../ports.ts';

/** The end of a request at the HTTP level. */
export type Exchange =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: AnswerBody }
  | {
      readonly kind: 'no answer';
      readonly reason: string;
      /** Whether part of the request may have been sent. */
      readonly wasConnected: boolean;
      /** Whether the server's certificate was not trusted. */
      readonly isUntrusted: boolean;
    };

/** The complete text, or why there is none. */
export type AnswerBody = { readonly text: string } | { readonly fault: string };

export interface ExchangeLimits {
  /** For the whole exchange: connecting, headers and body. */
  readonly timeoutMilliseconds: number;
  /** Of the answer's body, decompressed. */
  readonly maxBytes: number;
}

/**
 * Sends one request and reads the answer, within limits. Does not follow redirects, so that the token in the headers goes to this
 * address only. Never rejects.
 *
 * @param signal aborts the request.
 */
export async function exchange(
  url: string,
  init: RequestInit,
  limits: ExchangeLimits,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<Exchange> {
  if (signal.aborted) return { ...noAnswer('aborted before it was sent'), wasConnected: false };
  const deadline = startDeadline(limits.timeoutMilliseconds, clock);
  const why = (error: unknown) => {
    if (deadline.signal.aborted) return `no complete answer within ${limits.timeoutMilliseconds / 1000} s`;
    return signal.aborted ? 'aborted' : describe(error);
  };
  try {
    const either = AbortSignal.any([deadline.signal, signal]);
    const response = await fetch(url, { ...init, redirect: 'manual', signal: either });
    const body = await readBody(response, limits.maxBytes).catch((error) => ({ fault: why(error) }));
    return { kind: 'answer', status: response.status, headers: response.headers, body };
  } catch (error) {
    if (deadline.signal.aborted || signal.aborted) return noAnswer(why(error));
    const cause = causeOf(error);
    const isUntrusted = isCertificateError(cause);
    return { ...noAnswer(why(error)), wasConnected: !isUntrusted && !neverConnected(cause), isUntrusted };
  } finally {
    deadline.end();
  }
}

function noAnswer(reason: string) {
  return { kind: 'no answer', reason, wasConnected: true, isUntrusted: false } as const;
}

/** A signal that aborts after the given time, unless `end` was called. */
function startDeadline(milliseconds: number, clock: Pick<Clock, 'sleep'>) {
  const expired = new AbortController();
  const ended = new AbortController();
  void clock.sleep(milliseconds, ended.signal).then(() => {
    if (!ended.signal.aborted) expired.abort();
  });
  return { signal: expired.signal, end: () => ended.abort() };
}

async function readBody(response: Response, maxBytes: number): Promise<AnswerBody> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Returning from the loop cancels the rest of the stream.
    if (bytes > maxBytes) return { fault: `the answer is longer than ${maxBytes} bytes` };
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode() };
}

/** `fetch` wraps the network error. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** Whether it failed before any byte was sent. If several addresses fail, their errors come as one AggregateError. */
function neverConnected(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.every(neverConnected);
  const { syscall, code } = cause as { syscall?: unknown; code?: unknown };
  return syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

function isCertificateError(cause: unknown): boolean {
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' && /CERT|UNABLE_TO_(GET|VERIFY)/.test(code);
}

function describe(error: unknown): string {
  const cause = causeOf(error);
  const { code } = cause as { code?: unknown };
  const message = cause instanceof Error ? cause.message : String(cause);
  // The words of undici, the HTTP client of Node.
  if (message === 'other side closed') return 'AdSuite closed the connection';
  return typeof code === 'string' && !message.includes(code) ? `${code} ${message}`.trim() : message;
}
