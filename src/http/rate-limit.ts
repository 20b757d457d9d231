import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RateLimited } from '../limits/request-errors.ts';
import { isSignalRoute } from './signal-routes.ts';
import { throttledLog } from './throttled-log.ts';

/** Callers that are remembered; beyond that, those that were silent longest are forgotten. */
const rememberedCallers = 10_000;

/**
 * Limits the requests of each caller in a minute. Must come after authentication. Public routes have no caller, and they and `/metrics` no limit.
 *
 * @param perMinute null: no limit.
 * @returns counts one more request of the caller of a request, for each part of one that takes long. Returns the milliseconds until
 *   the caller may send another one; 0: it may be executed now.
 */
export async function limitRate(
  app: FastifyInstance,
  perMinute: number | null,
): Promise<(request: FastifyRequest) => Promise<number>> {
  if (perMinute === null) return async () => 0;
  await app.register(rateLimit, { global: false, cache: rememberedCallers });
  const check = app.createRateLimit({
    max: perMinute,
    timeWindow: 60_000,
    keyGenerator: ({ caller }) => caller?.name ?? '',
  });
  const logRefusal = throttledLog((caller: string | null, refused) =>
    app.log.warn({ caller, refused, perMinute }, 'requests refused: RATE_LIMIT_PER_MINUTE'),
  );
  app.addHook('onRequest', async (request) => {
    if (!request.caller || isSignalRoute(request.routeOptions.url)) return;
    const checked = await check(request);
    if (checked.isAllowed || !checked.isExceeded) return;
    logRefusal(request.caller.name);
    throw new RateLimited(perMinute, Math.max(1, checked.ttlInSeconds));
  });
  return async (request) => {
    const checked = await check(request);
    return checked.isAllowed || !checked.isExceeded ? 0 : Math.max(1, checked.ttl);
  };
}
