import { ZodError } from 'zod';
import { type Answer, refusal } from './answer.ts';
import { parseJson } from './body.ts';
import type { Faults } from './faults.ts';
import type { MetricsStore } from './metrics-store.ts';
import type { RequestLog } from './request-log.ts';

/** Answers requests below /sandbox, which AdSuite does not have: fault injection and inspection. */
export function answerAdmin(
  method: string,
  path: string,
  body: Buffer | null,
  { faults, log, store }: { readonly faults: Faults; readonly log: RequestLog; readonly store: MetricsStore },
): Answer {
  const [, , noun, iterationId = ''] = path.split('/');
  if (noun === 'faults' && method === 'PUT') return setFaults(faults, body && parseJson(body));
  if (noun === 'faults' && method === 'DELETE') faults.set([]);
  if (noun === 'faults' && ['GET', 'DELETE'].includes(method)) return { status: 200, body: { faults: faults.list() } };
  if (noun === 'requests' && method === 'GET') return { status: 200, body: { requests: log.list() } };
  if (noun === 'iterations' && method === 'GET' && iterationId !== '') {
    return { status: 200, body: { held: store.held(iterationId) ?? null, effects: store.effects(iterationId) } };
  }
  return refusal(
    404,
    'NOT_FOUND',
    'Use GET, PUT or DELETE /sandbox/faults, GET /sandbox/requests, or GET /sandbox/iterations/<id>.',
  );
}

function setFaults(faults: Faults, json: unknown): Answer {
  try {
    faults.set((json as { faults?: unknown } | null | undefined)?.faults);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const [issue] = error.issues;
    return refusal(400, 'INVALID_REQUEST', `faults.${issue?.path.join('.')}: ${issue?.message}`);
  }
  return { status: 200, body: { faults: faults.list() } };
}
