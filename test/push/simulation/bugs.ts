import type { DeliveryLimits } from '../../../src/config/push.ts';
import type { Random } from '../../../src/embedded/demo/random.ts';
import type { DeliveryStore, Sent } from '../../../src/push/ports.ts';
import type { Batch } from '../../../src/push/types.ts';
import { bodyOf } from './adsuite-model.ts';
import { ledgerBugs } from './ledger-model.ts';

/** Bugs that can be planted, to prove that the simulation finds them. */
export const bugs = [
  ...ledgerBugs,
  'the key is not stable',
  'the key ignores the content',
  'AdSuite ignores versions',
  'stale is read as accepted',
  'receipt before sending',
  'the attempt is not recorded',
  'Retry-After is undercut',
  'Retry-After is not bounded',
  'no request probes after a long Retry-After',
  'an answered 429 may have arrived',
  'who takes a run over does not know that it waits',
  'UNKNOWN becomes ACCEPTED',
  'what may have arrived counts as unsent',
  'one request too many at a time',
  'no retry budget',
  'the lease is trusted too long',
] as const;

export type Bug = (typeof bugs)[number];

/** The idempotency key, computed from the content. */
export function keyOf(bug: Bug | null, batch: Batch, random: Random): string {
  if (bug === 'the key is not stable') return random.hex(2);
  return bug === 'the key ignores the content'
    ? `${batch.runId}/${batch.rows[0]?.iterationId}`
    : `key of ${bodyOf(batch)}`;
}

/** The outcome that the client reports. */
export function sentWithBug(bug: Bug | null, sent: Sent, limits: DeliveryLimits): Sent {
  if (bug === 'stale is read as accepted' && sent.kind === 'answered') {
    const results = sent.results.map((row) => (row.state === 'STALE' ? { ...row, state: 'ACCEPTED' as const } : row));
    return { ...sent, results };
  }
  if (bug === 'Retry-After is undercut' && sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
    return { ...sent, retryAfterMilliseconds: Math.floor(sent.retryAfterMilliseconds / 2) };
  }
  if (bug === 'no request probes after a long Retry-After' && sent.kind === 'failed') {
    const { retryAfterMilliseconds: asked } = sent;
    return { ...sent, retryAfterMilliseconds: asked && Math.min(asked, limits.retryAfterMaxMilliseconds) };
  }
  if (bug === 'an answered 429 may have arrived' && sent.kind === 'failed' && sent.reason === '429')
    return { ...sent, mayHaveArrived: true };
  if (bug === 'what may have arrived counts as unsent' && sent.kind === 'failed')
    return { ...sent, mayHaveArrived: false };
  return sent;
}

/** The limits that the worker gets. */
export function withBug(bug: Bug | null, limits: DeliveryLimits): DeliveryLimits {
  if (bug === 'one request too many at a time') return { ...limits, concurrency: limits.concurrency + 1 };
  if (bug === 'Retry-After is not bounded') return { ...limits, retryAfterMaxMilliseconds: 1e12 };
  if (bug === 'no retry budget') return { ...limits, retryBudget: { tokens: 1000, perSecond: 1000, perAnswer: 1 } };
  return limits;
}

/** The ledger as the worker uses it. */
export function storeWithBug(bug: Bug | null, store: DeliveryStore): DeliveryStore {
  switch (bug) {
    case 'receipt before sending':
      return {
        ...store,
        async recordAttempt(lease, batch) {
          const isHeld = await store.recordAttempt(lease, batch);
          const results = batch.rows.map(({ iterationId }) => accepted(iterationId));
          return isHeld && store.settle(lease, batch, results);
        },
      };
    case 'the attempt is not recorded':
      return { ...store, recordAttempt: async () => true };
    case 'UNKNOWN becomes ACCEPTED':
      return {
        ...store,
        settle: (lease, batch, results) =>
          store.settle(
            lease,
            batch,
            results.map((row) => (row.state === 'UNKNOWN' ? accepted(row.iterationId) : row)),
          ),
      };
    case 'who takes a run over does not know that it waits': {
      const known = new Set<number>();
      return {
        ...store,
        async progress(lease, excluding) {
          const progress = await store.progress(lease, excluding);
          const isFirst = !known.has(lease.fence);
          known.add(lease.fence);
          return isFirst ? { ...progress, recordedWaitMilliseconds: null } : progress;
        },
      };
    }
    case 'the lease is trusted too long':
      return { ...store, renew: async () => true };
    default:
      return store;
  }
}

function accepted(iterationId: string) {
  return { iterationId, state: 'ACCEPTED', code: null, message: null } as const;
}
