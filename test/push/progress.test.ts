import { expect, test } from 'vitest';
import { progressOf } from '../../src/connections/pushes.ts';
import type { RunRecord } from '../../src/push/ledger.ts';

test('secondsLeft is capped at the largest GraphQL Int', () => {
  const run = {
    state: 'RUNNING',
    counts: { planned: 1_000_000, pending: 999_999 },
    sent: 1,
    attempts: 1,
    lastFailure: null,
    startedAt: '2026-02-03T04:00:00.000000Z',
    finishedAt: null,
  } as RunRecord;
  const { rowsPerSecond, secondsLeft } = progressOf(run, new Date('2026-02-03T05:00:00Z'));
  expect([rowsPerSecond, secondsLeft]).toEqual([1 / 3600, 2_147_483_647]);
});
