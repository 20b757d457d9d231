import type { Clock } from '../ports.ts';

/** How a request ended, on the level of HTTP. */
export type Exchange =
  | { readonly kind: 'answer'; readonly status: number; readonly headers: Headers; readonly body: AnswerBody }
  | {
      readonly kind: 'no answer';
      readonly reason: string;
      /** Whether some of the request may have left. */
      readonly wasConnected: boolean;
      /** The other side could not show that it is who it should be. */
      readonly isImpostor: boolean;
    };

/** The whole text, or why there is none. */
export type AnswerBody = { readonly text: string } | { readonly fault: string };

export interface ExchangeLimits {
  /** For all of it: connecting, the headers, the last byte of the answer. */
  readonly timeoutMilliseconds: number;
  /** Of the answer, unpacked. */
  readonly mostBytes: number;
}

/**
 * Sends one request and reads the answer, within limits. Follows no redirect: what is in the headers goes to this address
 * and to no other. Never rejects.
 *
 * @param signal gives it up.
 */
export async function exchange(
  url: string,
  init: RequestInit,
  limits: ExchangeLimits,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<Exchange> {
  if (signal.aborted) return { ...noAnswer('it was given up before'), wasConnected: false };
  const deadline = startDeadline(limits.timeoutMilliseconds, clock);
  const why = (error: unknown) => {
    if (deadline.signal.aborted) return `no whole answer within ${limits.timeoutMilliseconds / 1000} s`;
    return signal.aborted ? 'it was given up' : describe(error);
  };
  try {
    const either = AbortSignal.any([deadline.signal, signal]);
    const response = await fetch(url, { ...init, redirect: 'manual', signal: either });
    const body = await readBody(response, limits.mostBytes).catch((error) => ({ fault: why(error) }));
    return { kind: 'answer', status: response.status, headers: response.headers, body };
  } catch (error) {
    if (deadline.signal.aborted || signal.aborted) return noAnswer(why(error));
    const cause = causeOf(error);
    const isImpostor = isCertificateFault(cause);
    return { ...noAnswer(why(error)), wasConnected: !isImpostor && !neverConnected(cause), isImpostor };
  } finally {
    deadline.end();
  }
}

function noAnswer(reason: string) {
  return { kind: 'no answer', reason, wasConnected: true, isImpostor: false } as const;
}

/** A signal that is aborted after so long, unless it was ended before. */
function startDeadline(milliseconds: number, clock: Pick<Clock, 'sleep'>) {
  const struck = new AbortController();
  const ended = new AbortController();
  void clock.sleep(milliseconds, ended.signal).then(() => {
    if (!ended.signal.aborted) struck.abort();
  });
  return { signal: struck.signal, end: () => ended.abort() };
}

async function readBody(response: Response, mostBytes: number): Promise<AnswerBody> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    // Leaving the loop cancels the rest.
    if (bytes > mostBytes) return { fault: `the answer is longer than ${mostBytes} bytes` };
    text += decoder.decode(chunk, { stream: true });
  }
  return { text: text + decoder.decode() };
}

/** `fetch` wraps what went wrong below it. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

/** Whether it failed before any byte of the request could leave. Two addresses that both fail come as one error. */
function neverConnected(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.every(neverConnected);
  const { syscall, code } = cause as { syscall?: unknown; code?: unknown };
  return syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT';
}

function isCertificateFault(cause: unknown): boolean {
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' && /CERT|UNABLE_TO_(GET|VERIFY)/.test(code);
}

function describe(error: unknown): string {
  const cause = causeOf(error);
  const { code } = cause as { code?: unknown };
  const message = cause instanceof Error ? cause.message : String(cause);
  return typeof code === 'string' && !message.includes(code) ? `${code} ${message}`.trim() : message;
}
