import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { maxAdsuiteRequestBytes } from '../../domain/adsuite-limits.ts';
import { answerAdmin } from './admin.ts';
import { type Answer, refusal, send, sendFaulty } from './answer.ts';
import { readBody } from './body.ts';
import type { Faults, FiredFaults } from './faults.ts';
import type { Entry, MetricsStore } from './metrics-store.ts';
import { answerPush, pushRequest } from './push.ts';
import { answerReadBack } from './read-back.ts';
import type { RequestLog } from './request-log.ts';

/** What the server needs. */
export interface SandboxParts {
  readonly token: string;
  readonly store: MetricsStore;
  readonly faults: Faults;
  readonly log: RequestLog;
  /** Makes an entry durable, or throws. */
  readonly write: (entry: Entry) => void;
}

/** Creates the HTTP server. It does not listen yet. */
export function createSandboxServer(parts: SandboxParts): Server {
  return createServer((request, response) => {
    handle(request, response, parts).catch((error: unknown) => {
      // The client is gone, or the state can't be written.
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, refusal(500, 'SANDBOX_FAILED', error instanceof Error ? error.message : String(error)));
    });
  });
}

async function handle(request: IncomingMessage, response: ServerResponse, parts: SandboxParts): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://sandbox');
  const method = request.method ?? '';
  const body = await readBody(request, maxAdsuiteRequestBytes);
  // A web page of another origin could resolve its own name to this machine (DNS rebinding).
  if (!/^(127\.[\d.]+|\[::1\]|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    send(response, refusal(403, 'FORBIDDEN', 'The sandbox serves this machine only.'));
  } else if (pathname.startsWith('/sandbox/')) {
    send(response, answerAdmin(method, pathname, body, parts));
  } else if (pathname !== '/v1/iteration-metrics') {
    send(response, refusal(404, 'NOT_FOUND', 'Use /v1/iteration-metrics or /sandbox/.'));
  } else if (method === 'POST') {
    handlePush(request, response, body, parts);
  } else if (method === 'GET') {
    handleRead(request, response, searchParams, parts);
  } else {
    send(response, { ...refusal(405, 'METHOD_NOT_ALLOWED', 'Use GET or POST.'), headers: { allow: 'GET, POST' } });
  }
}

const nothing: Answer = { status: 200, body: { results: [] } };

function handlePush(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer | null,
  parts: SandboxParts,
): void {
  const push = pushRequest(request.headers, body);
  const fired = parts.faults.fire('push', push.iterationIds);
  const takesEffect = fired.answer === null || ('applied' in fired.answer && fired.answer.applied);
  const denied = denial(request, parts.token);
  const { answer, isRepeated } =
    takesEffect && !denied
      ? answerPush(push, parts.store, fired.rows, parts.write)
      : { answer: denied ?? nothing, isRepeated: false };
  finish(request, response, answer, fired, { rows: push.iterationIds.length, isRepeated }, parts.log);
}

function handleRead(
  request: IncomingMessage,
  response: ServerResponse,
  parameters: URLSearchParams,
  { token, store, faults, log }: SandboxParts,
): void {
  const fired = faults.fire('read', parameters.getAll('iterationId'));
  const answer = denial(request, token) ?? answerReadBack(parameters, store);
  finish(request, response, answer, fired, { rows: 0, isRepeated: false }, log);
}

function finish(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  fired: FiredFaults,
  seen: { readonly rows: number; readonly isRepeated: boolean },
  log: RequestLog,
): void {
  const key = request.headers['idempotency-key'];
  const kinds = [...(fired.answer ? [fired.answer] : []), ...fired.rows].map(({ kind }) => kind);
  const common = { method: request.method ?? '', path: request.url ?? '', key: typeof key === 'string' ? key : null };
  const status = fired.answer ? sendFaulty(response, answer, fired.answer) : answer.status;
  log.add({ ...common, ...seen, faults: kinds, status });
  if (!fired.answer) send(response, answer);
}

function denial(request: IncomingMessage, token: string): Answer | null {
  return request.headers.authorization === `Bearer ${token}`
    ? null
    : refusal(401, 'UNAUTHORIZED', 'The token is unknown.');
}
