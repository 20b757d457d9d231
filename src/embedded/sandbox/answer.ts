import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { AnswerFault } from './faults.ts';

/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refusal(status: number, code: string, message: string): Answer {
  return { status, body: { code, message: message.slice(0, 1000) } };
}

export function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  sendText(response, status, { 'content-type': 'application/json', ...headers }, JSON.stringify(body));
}

/**
 * Sends an answer as the fault distorts it.
 *
 * @param answer the answer without the fault; an empty one if the request took no effect.
 * @returns the status; null if no complete answer was sent.
 */
export function sendFaulty(response: ServerResponse, answer: Answer, fault: AnswerFault): number | null {
  switch (fault.kind) {
    case 'status': {
      const headers: Record<string, string> = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      send(response, { ...refusal(fault.status, fault.code, fault.message), headers });
      return fault.status;
    }
    case 'poison':
      send(response, refusal(fault.status, fault.code, "A row of this request can't be accepted."));
      return fault.status;
    case 'redirect':
      sendText(response, fault.status, { location: fault.location }, '');
      return fault.status;
    case 'html':
      sendText(response, 200, { 'content-type': 'text/html' }, '<!doctype html><title>Sign in</title><p>Sign in');
      return 200;
    case 'body':
      sendText(response, 200, { 'content-type': 'application/json' }, fault.body);
      return 200;
    case 'reset':
      response.socket?.resetAndDestroy();
      return null;
    case 'silence':
      return null;
    case 'cut':
      sendHalf(response, answer, () => response.socket?.destroy());
      return null;
    case 'stall':
      sendHalf(response, answer, () => {});
      return null;
    case 'endless':
      response.writeHead(200, { 'content-type': 'application/json' });
      Readable.from(endlessly()).pipe(response);
      return null;
  }
}

function sendText(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  const bytes = Buffer.from(text);
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  response.end(bytes);
}

/** Sends the headers of the whole answer and the first half of its body. */
function sendHalf(response: ServerResponse, answer: Answer, then: () => void): void {
  const bytes = Buffer.from(JSON.stringify(answer.body));
  response.writeHead(answer.status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), then);
}

function* endlessly(): Generator<Buffer> {
  const chunk = Buffer.alloc(65_536, ' ');
  for (;;) yield chunk;
}
