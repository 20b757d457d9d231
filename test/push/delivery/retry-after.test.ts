import { expect, test } from 'vitest';
import { accepted, failed, Stage, type StageOptions } from '../support.ts';

const minute = 60_000;
const limit = 15 * minute;
/** When the answer to a request sent at 0 arrives. */
const firstAnswer = 10;
const limits = { retryAfterMaxMilliseconds: limit, runMilliseconds: 60 * minute };
const veryLong = 1e12;

test('one very long Retry-After delays a run by the limit; one request probes, then the others follow', async () => {
  const stage = new Stage({
    rows: 40,
    batchRows: 1,
    answers: (batch, nth) => (nth === 0 ? failed('429', veryLong) : accepted(batch)),
    limits,
  });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'SUCCEEDED', reason: null });
  const later = stage.requests.map(({ at }) => at).filter((at) => at > firstAnswer);
  const probe = firstAnswer + limit;
  expect(later.filter((at) => at < probe + 10)).toEqual([probe]);
  expect(later.length).toBe(37);
});

test('a Retry-After up to the limit is honoured exactly, and no request probes', async () => {
  const stage = new Stage({
    rows: 40,
    batchRows: 1,
    answers: (batch, nth) => (nth === 0 ? failed('429', limit) : accepted(batch)),
    limits,
  });
  await stage.play();
  const later = stage.requests.map(({ at }) => at).filter((at) => at > firstAnswer);
  expect(later.slice(0, 5)).toEqual([...Array(4).fill(firstAnswer + limit), firstAnswer + limit + 10]);
});

test('while every Retry-After is very long, one request is sent per interval, and the run ends at its time limit', async () => {
  const stage = new Stage({ rows: 40, batchRows: 1, answers: () => failed('429', veryLong), limits });
  await stage.play();
  const probes = stage.requests.map(({ at }) => at).filter((at) => at > firstAnswer);
  expect(probes).toEqual([1, 2, 3].map((nth) => nth * (limit + firstAnswer)));
  expect(stage.states).toEqual({ PENDING: 40 });
  expect(stage.run).toMatchObject({
    state: 'FAILED',
    reason: "AdSuite's Retry-After (1000000000 s) exceeds this run's time limit: 429",
  });
});

test('a run after one that gave up waits for the limit only, and starts with a probe', async () => {
  const stage = new Stage({
    rows: 8,
    batchRows: 1,
    answers: (batch, nth) => (nth < 4 ? failed('429', veryLong) : accepted(batch)),
    limits,
  });
  stage.timeline.after(minute, () => stage.ledger.cancel('run'));
  await stage.play();
  expect(stage.run.state).toBe('CANCELLED');
  const next = stage.recordAgain('next');
  await stage.play(() => next.state !== 'RUNNING');
  expect(next.state).toBe('SUCCEEDED');
  const later = stage.requests.map(({ at }) => at).filter((at) => at > firstAnswer);
  expect(later).toEqual([limit + 10, ...Array(4).fill(limit + 20), ...Array(3).fill(limit + 30)]);
});

test.each([
  ['of ten minutes', 10 * minute, 10 * minute],
  ['beyond the limit', veryLong, limit],
])(
  'a worker that takes over a run that waits for a Retry-After %s waits, too, and begins with a probe',
  async (_, asked, wait) => {
    const stage = new Stage({
      rows: 12,
      batchRows: 1,
      answers: (batch, nth) => (nth === 0 ? failed('429', asked) : accepted(batch)),
      limits,
    });
    stage.timeline.after(minute, () => {
      void stage.worker.stop().then(() => stage.newWorker('another').start());
    });
    await stage.play();
    expect(stage.delivered).toEqual(['released', 'ended']);
    expect(stage.run.state).toBe('SUCCEEDED');
    const [first = 0, second = 0] = stage.requests.map(({ at }) => at).filter((at) => at > firstAnswer);
    expect(first).toBeGreaterThanOrEqual(firstAnswer + wait);
    expect(second).toBeGreaterThanOrEqual(first + 10);
  },
);

/** A stage that keeps the recorded waits. */
function recordingStage(options: Omit<StageOptions, 'store'>) {
  const waits: number[] = [];
  const stage = new Stage({
    ...options,
    store: (store) => ({
      ...store,
      recordWait: (lease, wait, breaker) => {
        if (wait) waits.push(wait.milliseconds);
        return store.recordWait(lease, wait, breaker);
      },
    }),
  });
  return { stage, waits };
}

test('a wait is recorded once, although the worker checks every second for a cancellation', async () => {
  const { stage, waits } = recordingStage({
    rows: 8,
    batchRows: 1,
    answers: (batch, nth) => (nth < 4 ? failed('429', veryLong) : accepted(batch)),
    limits,
  });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'SUCCEEDED', nextAttemptAt: null });
  expect(waits).toEqual([limit]);
});

test('waits for backoff and for the circuit breaker are recorded too, except those under a second', async () => {
  const { stage, waits } = recordingStage({
    rows: 4,
    batchRows: 1,
    answers: (batch, _, now) => (now < 5 * minute ? failed('503') : accepted(batch)),
  });
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(waits.length).toBeGreaterThan(3);
  expect(waits.length).toBeLessThanOrEqual(stage.requests.length);
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
});

test('a run that waits for the throttle is released when the service stops, and none of its rows is UNKNOWN', async () => {
  const stage = new Stage({ rows: 3, batchRows: 1, answers: () => failed('429', veryLong), limits });
  const stopped: number[] = [];
  stage.timeline.after(minute, () => void stage.worker.stop().then(() => stopped.push(stage.timeline.now)));
  await stage.play(() => stopped.length > 0);
  expect(stopped).toEqual([minute]);
  expect(stage.delivered).toEqual(['released']);
  expect(stage.states).toEqual({ PENDING: 3 });
  expect(stage.run.nextAttemptAt).toBe(limit + firstAnswer);
});
