import { expect, test } from 'vitest';
import type { Wait } from '../../../src/push/ports.ts';
import type { BreakerState } from '../../../src/push/types.ts';
import { accepted, failed, Stage, type StageOptions } from '../support.ts';

const minute = 60_000;

/** A stage that keeps what is recorded about its throttle. */
function recordingStage(options: Omit<StageOptions, 'store'>) {
  const recorded: { readonly cause: Wait['cause']; readonly breaker: BreakerState }[] = [];
  const stage = new Stage({
    ...options,
    store: (store) => ({
      ...store,
      recordWait: (lease, wait, breaker) => {
        recorded.push({ cause: wait?.cause ?? null, breaker });
        return store.recordWait(lease, wait, breaker);
      },
    }),
  });
  return { stage, recorded };
}

test.each([
  ['up to the limit', 10 * minute],
  ['beyond the limit', 1e12],
])('a run that waits for a Retry-After %s continues with a probe when it is resumed', async (_, asked) => {
  const stage = new Stage({
    rows: 20,
    batchRows: 1,
    answers: (batch, nth) => (nth < 4 ? failed('429', asked) : accepted(batch)),
  });
  stage.timeline.after(minute, () => stage.ledger.resume('run'));
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'SUCCEEDED', isResumeRequested: false });
  const later = stage.requests.map(({ at }) => at).filter((at) => at > 0);
  // Within the second in which the worker looks at its run; one request, then all.
  expect(later[0]).toBeGreaterThanOrEqual(minute);
  expect(later[0]).toBeLessThanOrEqual(minute + 1_010);
  expect(later.filter((at) => at < (later[0] ?? 0) + 10)).toHaveLength(1);
  expect(stage.timeline.now).toBeLessThan(minute + 2_000);
});

test('a resumed run that is answered with Retry-After again waits again', async () => {
  const stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (batch, nth) => (nth < 2 ? failed('429', 10 * minute) : accepted(batch)),
  });
  stage.timeline.after(minute, () => stage.ledger.resume('run'));
  await stage.play();
  const [, second = 0, third = 0] = stage.requests.map(({ at }) => at);
  expect(second).toBeLessThanOrEqual(minute + 1_010);
  expect(third).toBe(second + 10 + 10 * minute);
});

test('an open circuit breaker is recorded, and a resumed run probes at once', async () => {
  const limits = { breaker: { failures: 4, openMilliseconds: 30 * minute, capMilliseconds: 30 * minute } };
  const { stage, recorded } = recordingStage({
    rows: 4,
    batchRows: 1,
    limits,
    answers: (batch, _, now) => (now < minute ? failed('503') : accepted(batch)),
  });
  stage.timeline.after(2 * minute, () => {
    expect(stage.run).toMatchObject({ breaker: 'OPEN', waitCause: 'CIRCUIT_BREAKER' });
    expect(stage.worker.breaker).toBe('OPEN');
    stage.ledger.resume('run');
  });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'SUCCEEDED', breaker: 'CLOSED' });
  expect(stage.timeline.now).toBeLessThan(2 * minute + 2_000);
  expect(recorded).toContainEqual({ cause: 'CIRCUIT_BREAKER', breaker: 'OPEN' });
  expect(recorded.at(-1)).toEqual({ cause: null, breaker: 'CLOSED' });
  expect(stage.worker.breaker).toBe('CLOSED');
});

test('a request to resume reaches the next worker if the one that waits is gone', async () => {
  const stage = new Stage({
    rows: 2,
    batchRows: 1,
    answers: (batch, nth) => (nth < 2 ? failed('429', 1e12) : accepted(batch)),
  });
  stage.timeline.after(minute, () => {
    void stage.worker.stop().then(() => {
      stage.ledger.resume('run');
      stage.newWorker('another').start();
    });
  });
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(stage.timeline.now).toBeLessThan(minute + 1_000);
});

test('resuming a run that does not wait changes nothing', async () => {
  const play = async (resumes: boolean) => {
    const stage = new Stage({ rows: 40, batchRows: 1, answers: (batch) => accepted(batch), answerMilliseconds: 500 });
    if (resumes) for (const at of [1_000, 2_000]) stage.timeline.after(at, () => stage.ledger.resume('run'));
    await stage.play();
    return [stage.run.state, stage.requests.map(({ at }) => at)];
  };
  expect(await play(true)).toEqual(await play(false));
});

test('a batch that waits when another worker takes its run over does not wait again', async () => {
  const reasons: string[] = [];
  const stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (batch, nth) => (nth < 1 ? failed('503', 10 * minute) : accepted(batch)),
    store: (store) => ({
      ...store,
      postpone: (lease, batch, milliseconds, reason, mayHaveArrived) => {
        reasons.push(reason);
        return store.postpone(lease, batch, milliseconds, reason, mayHaveArrived);
      },
    }),
  });
  stage.timeline.after(1_000, () => {
    void stage.worker.stop().then(() => stage.newWorker('another').start());
  });
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(reasons).toEqual(['503']);
});
