import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ReadinessReason } from '../telemetry/readiness.ts';
import { refuseOtherMethods } from './methods.ts';
import { signalRoutes } from './signal-routes.ts';

export interface SignalOptions {
  /** Why the service should get no requests; empty if it is ready. */
  readonly notReadyBecause: () => Promise<readonly ReadinessReason[]>;
  /** All metrics in Prometheus' text format. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/**
 * Serves `/healthz` (the process answers), `/readyz` (it should get requests) and `/metrics`. The first two are public.
 * All are exempt from the check of the host: see `isSignalRoute`.
 */
export function serveSignals(app: FastifyInstance, { notReadyBecause, metrics }: SignalOptions): void {
  const notStored = (reply: FastifyReply) => reply.header('cache-control', 'no-store');
  app.get('/healthz', async (_request, reply) => notStored(reply).send({ status: 'ok' }));
  app.get('/readyz', async ({ outcome }, reply) => {
    const reasons = await notReadyBecause();
    // An answer as intended: no error of the service.
    if (outcome && reasons.length > 0) outcome.code = 'NOT_READY';
    const status = reasons.length === 0 ? 'ready' : 'not ready';
    return notStored(reply)
      .status(reasons.length === 0 ? 200 : 503)
      .send({ status, reasons });
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics();
    return notStored(reply).type(contentType).send(body);
  });
  for (const path of signalRoutes) refuseOtherMethods(app, path);
}
