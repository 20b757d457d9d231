import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RequestSpan } from '../telemetry/tracing.ts';

/** What metrics and traces say about a request. Its parts are set as they become known. */
export interface RequestOutcome {
  /** The name of the GraphQL operation, once it is valid. */
  operation: string | null;
  /** The code of its error; null: none. */
  code: string | null;
  /** Whether it was refused before anything was executed. */
  isRefused: boolean;
  /** Whether the service itself closed the connection before the end of the response. */
  isCut?: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined if metrics are not recorded. */
    outcome: RequestOutcome | undefined;
  }
}

/** Records that a request was refused, unless an operation has its own outcome. */
export function recordRefusal({ outcome }: FastifyRequest, code: string): void {
  if (!outcome || outcome.code !== null) return;
  outcome.code = code;
  outcome.isRefused = true;
}

/** Measures and traces all requests. To be called before other hooks, so that what they refuse is measured too. */
export function observeRequests(app: FastifyInstance, { metrics, tracing }: Telemetry): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  app.decorateRequest('outcome');
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now();
    const outcome: RequestOutcome = { operation: null, code: null, isRefused: false };
    request.outcome = outcome;
    metrics.requestStarted();
    if (tracing) spans.set(request, tracing.requestStarted(request.headers));
    // Also if the client leaves before the response is complete.
    reply.raw.once('close', () => {
      const { statusCode: status, writableFinished } = reply.raw;
      const isOurs = writableFinished || outcome.isCut === true;
      const code = isOurs ? (outcome.code ?? codeOf(status)) : 'CLIENT_DISCONNECTED';
      const route = request.routeOptions.url ?? null;
      const { operation } = outcome;
      // Apollo refuses requests without an operation by itself.
      const hasFailed = outcome.isRefused || (outcome.code === null && status >= 400 && status < 500);
      // A client that left was not refused, whatever its answer would have been.
      const isRefused = writableFinished && hasFailed;
      metrics.requestEnded({ route, operation, code, isRefused, milliseconds: performance.now() - startedAt });
      const { method, id: requestId, caller } = request;
      spans.get(request)?.end({ method, route, operation, requestId, role: caller?.role ?? null, status, code });
    });
    done();
  });
  if (!tracing) return;
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
}

/** The code of a response without one. */
function codeOf(status: number): string {
  if (status < 400) return 'OK';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
}
