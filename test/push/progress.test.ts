import { expect, test } from 'vitest';
import { progressOf, toRun } from '../../src/connections/pushes.ts';
import type { RunRecord } from '../../src/push/ledger.ts';

test('secondsLeft is capped at the largest GraphQL Int', () => {
  const run = {
    state: 'RUNNING',
    counts: { planned: 1_000_000, pending: 999_999 },
    sent: 1,
    attempts: 1,
    lastFailure: null,
    ageMilliseconds: 3_600_000,
    finishedAt: null,
  } as RunRecord;
  const { rowsPerSecond, secondsLeft } = progressOf(run);
  expect([rowsPerSecond, secondsLeft]).toEqual([1 / 3600, 2_147_483_647]);
});

const finished = {
  state: 'PARTIAL',
  counts: { planned: 100, accepted: 30, stale: 10, gone: 0, rejected: 0, unknown: 0, pending: 60 },
  goneWithValues: [],
  build: { id: 'b', version: 7 },
  findings: [],
  lastFailure: null,
  retryOf: null,
  finishReason: 'The token was refused',
  ageMilliseconds: 20_000,
  startedAt: '2026-02-03T04:00:00.000000Z',
  finishedAt: '2026-02-03T04:00:20.000000Z',
} as unknown as RunRecord;

test('the rate of a run that has ended is that of its duration', () => {
  expect(progressOf(finished)).toMatchObject({ settled: 40, rowsPerSecond: 2, secondsLeft: 0 });
});

test('stale rows are explained once the run has ended: until then some may be accepted', () => {
  expect(toRun(finished).reason).toMatch(/^The token was refused\. AdSuite has newer versions of 10 rows/);
  expect(toRun({ ...finished, finishReason: null }).reason).toMatch(/^AdSuite has newer versions of 10 rows/);
  const running: RunRecord = { ...finished, state: 'RUNNING', finishedAt: null, finishReason: null };
  expect(toRun(running).reason).toBeNull();
});
