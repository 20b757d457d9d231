import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { leaseTimeouts } from '../../src/db/ledger/timeouts.ts';
import { poolLimits } from '../../src/start/open-warehouse.ts';
import { pushingLimits } from '../../src/start/pushing-limits.ts';

test('the variables of a push become its limits', () => {
  const config = loadConfig({
    BUILD_STALE_AFTER_MINUTES: '2',
    MIRROR_STALE_AFTER_MINUTES: '3',
    PUSH_REQUEST_SECONDS: '4',
    PUSH_KEEP_DAYS: '5',
  });
  expect(pushingLimits(config)).toEqual({
    limits: { ...config.push.limits, buildMinutes: 2, mirrorMinutes: 3 },
    delivery: config.push.delivery,
    requestMilliseconds: 4_000,
    keepMilliseconds: 5 * 86_400_000,
  });
  expect(pushingLimits(loadConfig({})).keepMilliseconds).toBeNull();
});

test('the variables of the warehouse become the limits of its connections', () => {
  expect(poolLimits({ connections: 2, waitSeconds: 3, statementSeconds: 4 })).toEqual({
    maxConnections: 2,
    waitMilliseconds: 3_000,
    statementMilliseconds: 4_000,
  });
});

test.each([
  [600_000, 10_000, 10_000],
  [30_000, 10_000, 6_000],
  [15_000, 5_000, 3_000],
  [3_000, 1_000, 600],
  // A slow statement gets a second, however short the lease is.
  [1_000, 1_000, 200],
])('a worker with a lease of %i ms waits %i ms for a statement and %i ms for a renewal', (lease, delivery, renewal) => {
  expect(leaseTimeouts(lease)).toEqual({ deliveryMilliseconds: delivery, renewalMilliseconds: renewal });
});
