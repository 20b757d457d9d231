import { expect, test } from 'vitest';
import type { Sent } from '../../../src/push/ports.ts';
import type { Batch } from '../../../src/push/types.ts';
import { accepted, failed, Stage, type StageOptions } from '../support.ts';

test('everything is accepted: each row is sent once, at most four batches at a time', async () => {
  const stage = new Stage({ rows: 1000, batchRows: 10, answers: (batch) => accepted(batch) });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'SUCCEEDED', reason: null });
  expect(stage.requests).toHaveLength(100);
  expect(stage.mostInFlight).toBe(4);
  expect(stage.ledger.receipts.size).toBe(1000);
});

test('rows without a result are retried with backoff, and end UNKNOWN', async () => {
  const stage = new Stage({ rows: 10, batchRows: 10, answers: (batch) => accepted(batch, (id) => id !== '4') });
  await stage.play();
  expect(stage.states).toEqual({ ACCEPTED: 9, UNKNOWN: 1 });
  expect(stage.run.state).toBe('PARTIAL');
  expect(stage.requests.map(({ batch }) => batch.rows.length)).toEqual([10, ...Array(19).fill(1)]);
  expect(stage.timeline.now).toBeGreaterThan(60_000);
});

/**
 * A stage that keeps the reasons of postponed batches.
 *
 * @param attempt called before an attempt is recorded.
 */
function postponingStage(
  options: Omit<StageOptions, 'store'>,
  attempt: (batch: Batch) => Promise<void> = async () => {},
) {
  const reasons: string[] = [];
  const stage = new Stage({
    ...options,
    store: (store) => ({
      ...store,
      postpone: (lease, batch, milliseconds, reason, ...rest) => {
        reasons.push(reason);
        return store.postpone(lease, batch, milliseconds, reason, ...rest);
      },
      recordAttempt: async (lease, batch) => {
        await attempt(batch);
        return store.recordAttempt(lease, batch);
      },
    }),
  });
  return { stage, reasons };
}

test('a batch that failed waits once before each further attempt', async () => {
  const { stage, reasons } = postponingStage({
    ...{ rows: 1, batchRows: 1 },
    answers: (batch, nth) => (nth < 3 ? failed(`503, the ${nth}th`) : accepted(batch)),
  });
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(reasons).toEqual(['503, the 0th', '503, the 1th', '503, the 2th']);
});

test('a batch that is held back by the Retry-After to another one waits for the reason of that', async () => {
  const { stage, reasons } = postponingStage(
    {
      ...{ rows: 2, batchRows: 1 },
      answers: (batch, nth) => (nth === 0 ? failed('429, too many', 60_000) : accepted(batch)),
    },
    // The answer to the first batch comes while the attempt of the second is recorded.
    async ({ rows: [row], attempts }) => {
      if (row?.iterationId === '2' && attempts === 0) await stage.clock.sleep(20);
    },
  );
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(reasons).toEqual(['429, too many', '429, too many']);
  expect(stage.requests.map(({ at }) => at).filter((at) => at > 0 && at < 60_000)).toEqual([]);
});

test('rows that may have arrived end UNKNOWN after the last attempt, with the reason', async () => {
  const stage = new Stage({
    rows: 2,
    batchRows: 1,
    answers: (batch) =>
      batch.rows[0]?.iterationId === '1' ? { ...failed('500'), mayHaveArrived: true } : accepted(batch),
  });
  await stage.play();
  expect(stage.run.rows.get('1')).toMatchObject({ state: 'UNKNOWN', message: '500' });
  expect(stage.run.rows.get('2')).toMatchObject({ state: 'ACCEPTED' });
  expect(stage.requests.filter(({ batch }) => batch.rows[0]?.iterationId === '1')).toHaveLength(20);
});

test('rows that cannot have arrived stay PENDING, and the run has the reason', async () => {
  const stage = new Stage({
    rows: 3,
    batchRows: 1,
    answers: () => failed('no connection'),
    limits: { runMilliseconds: 30 * 60_000 },
  });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'FAILED', reason: expect.stringContaining('no connection') });
  expect(stage.states).toEqual({ PENDING: 3 });
  expect(stage.timeline.now).toBeLessThanOrEqual(30 * 60_000);
  // The breaker lets about one request per minute pass.
  expect(stage.requests.length).toBeLessThan(50);
});

test('one attempt that may have arrived makes the rows UNKNOWN', async () => {
  const stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (_, nth) => ({ ...failed('reset'), mayHaveArrived: nth === 2 }),
  });
  await stage.play();
  expect(stage.states).toEqual({ UNKNOWN: 1 });
});

test('splitting isolates an invalid row, and only that row is rejected', async () => {
  const stage = new Stage({
    rows: 64,
    batchRows: 64,
    answers: (batch) =>
      batch.rows.some((row) => row.iterationId === '23')
        ? { kind: 'refused', code: 'UNPROCESSABLE', message: 'Iteration 23 is being archived.' }
        : accepted(batch),
  });
  await stage.play();
  expect(stage.states).toEqual({ ACCEPTED: 63, REJECTED: 1 });
  expect(stage.run.rows.get('23')).toMatchObject({
    code: 'UNPROCESSABLE',
    message: 'Iteration 23 is being archived.',
  });
  expect(stage.run.state).toBe('PARTIAL');
  expect(stage.requests).toHaveLength(2 * Math.log2(64) + 1);
});

test('an AdSuite that refuses everything gets limited requests', async () => {
  const stage = new Stage({
    rows: 100_000,
    batchRows: 1000,
    answers: () => ({ kind: 'refused', code: 'INVALID_REQUEST', message: 'metrics[0].clicks: no such field' }),
  });
  await stage.play();
  expect(stage.run.state).toBe('FAILED');
  const { tokens, perSecond } = { tokens: 100, perSecond: 2 };
  expect(stage.requests.length).toBeLessThan(100 + tokens + perSecond * 30 * 60 + 4);
});

test('nothing is sent after the token is refused', async () => {
  const reason = 'AdSuite refuses the token (401)';
  const stage = new Stage({ rows: 100, batchRows: 1, answers: () => ({ kind: 'fatal', reason }) });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'FAILED', reason });
  expect(stage.requests.length).toBeLessThanOrEqual(4);
  expect(stage.states).toEqual({ PENDING: 100 });
});

test('no request is sent before Retry-After has passed, and the worker keeps the run', async () => {
  const stage = new Stage({
    rows: 20,
    batchRows: 1,
    answers: (batch, nth) => (nth === 5 ? failed('429', 100_000) : accepted(batch)),
  });
  const rival = { claims: 0 };
  const intrude = () => {
    if (stage.run.state !== 'RUNNING') return;
    if (stage.ledger.claim('rival', 1)) rival.claims++;
    stage.timeline.after(1_000, intrude);
  };
  stage.timeline.after(1_000, intrude);
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  const receivedAt = (stage.requests[5]?.at ?? 0) + 10;
  const after = stage.requests.filter(({ at }) => at > receivedAt);
  expect(after.length).toBeGreaterThan(10);
  expect(after.every(({ at }) => at >= receivedAt + 100_000)).toBe(true);
  expect(rival.claims).toBe(0);
});

test('a Retry-After beyond the run’s time limit ends it', async () => {
  const limits = { retryAfterMaxMilliseconds: 3_600_000 };
  const stage = new Stage({ rows: 3, batchRows: 1, answers: () => failed('429', 3_600_000), limits });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'FAILED', reason: expect.stringMatching(/3600 s.*429/) });
  expect(stage.timeline.now).toBeLessThan(1_000);
});

test('a cancelled run sends no further batch', async () => {
  const stage = new Stage({ rows: 100, batchRows: 1, answers: (batch) => accepted(batch) });
  stage.timeline.after(55, () => stage.ledger.cancel('run'));
  await stage.play();
  expect(stage.run.state).toBe('CANCELLED');
  expect(stage.requests.every(({ at }) => at <= 60)).toBe(true);
  expect(stage.states).toEqual({ ACCEPTED: stage.requests.length, PENDING: 100 - stage.requests.length });
});

test('a waiting run is cancelled within a second', async () => {
  const stage = new Stage({ rows: 1, batchRows: 1, answers: () => failed('429', 600_000) });
  stage.timeline.after(5_500, () => stage.ledger.cancel('run'));
  await stage.play();
  expect(stage.run.state).toBe('CANCELLED');
  expect(stage.timeline.now).toBeLessThanOrEqual(6_510);
});

test('a run ends at its time limit', async () => {
  const limits = { runMilliseconds: 5_000, concurrency: 1 };
  const stage = new Stage({
    rows: 100,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    answerMilliseconds: 1_000,
    limits,
  });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'PARTIAL', reason: 'The run did not finish within 5 s (PUSH_RUN_MINUTES)' });
  expect(stage.states).toEqual({ ACCEPTED: 5, PENDING: 95 });
});

test.each([
  { minutes: 5, mayHaveArrived: true, rows: 1000 },
  { minutes: 5, mayHaveArrived: true, rows: 1 },
  { minutes: 25, mayHaveArrived: false, rows: 1000 },
  { minutes: 25, mayHaveArrived: false, rows: 1 },
])('an outage of $minutes minutes costs few requests and no row: %j', async ({ minutes, mayHaveArrived, rows }) => {
  const stage = new Stage({
    rows,
    batchRows: 1,
    answers: (batch, _, now) => (now < minutes * 60_000 ? { ...failed('503'), mayHaveArrived } : accepted(batch)),
  });
  await stage.play();
  expect(stage.requests.filter(({ at }) => at < minutes * 60_000).length).toBeLessThan(20 + minutes);
  expect(stage.states).toEqual({ ACCEPTED: rows });
});

test('a worker that loses the lease aborts its requests and writes nothing', async () => {
  const stage = new Stage({ rows: 1, batchRows: 1, answers: (batch) => accepted(batch), answerMilliseconds: 60_000 });
  stage.timeline.after(5_000, () => {
    if (stage.run.lease) stage.run.lease.until = 0;
    expect(stage.ledger.claim('another', 3_600_000)).not.toBeNull();
  });
  await stage.play(() => stage.delivered.length > 0);
  expect(stage.delivered).toEqual(['lost']);
  expect(stage.timeline.now).toBeLessThanOrEqual(10_000);
  expect(stage.states).toEqual({ PENDING: 1 });
  expect(stage.ledger.receipts.size).toBe(0);
});

test('a worker that cannot renew stops when the lease ends by its own clock', async () => {
  const never = () => new Promise<never>(() => {});
  const stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    answerMilliseconds: 120_000,
    store: (store) => ({ ...store, renew: never }),
  });
  await stage.play(() => stage.delivered.length > 0);
  expect(stage.delivered).toEqual(['lost']);
  expect(stage.timeline.now).toBe(30_000);
});

test('a lease counts from its request, however slow the answer of the ledger was', async () => {
  const stage: Stage = new Stage({
    rows: 1,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    answerMilliseconds: 120_000,
    store: (store) => ({
      ...store,
      renew: () => new Promise<never>(() => {}),
      claim: async (...call) => {
        const lease = await store.claim(...call);
        await stage.clock.sleep(5_000);
        return lease;
      },
    }),
  });
  await stage.play(() => stage.delivered.length > 0);
  expect(stage.delivered).toEqual(['lost']);
  expect(stage.timeline.now).toBe(30_000);
});

test('stopping waits for requests in flight, and releases the run', async () => {
  const stage = new Stage({ rows: 100, batchRows: 1, answers: (batch) => accepted(batch), answerMilliseconds: 2_000 });
  const ended: number[] = [];
  stage.timeline.after(1_000, () => void stage.worker.stop().then(() => ended.push(stage.timeline.now)));
  await stage.play(() => ended.length > 0);
  expect(ended).toEqual([2_000]);
  expect(stage.delivered).toEqual(['released']);
  expect(stage.states).toEqual({ ACCEPTED: 4, PENDING: 96 });
  expect(stage.ledger.claim('another', 1_000)).not.toBeNull();
});

test('stopping aborts slow requests, and records that they may have arrived', async () => {
  const stage = new Stage({ rows: 1, batchRows: 1, answers: (batch) => accepted(batch), answerMilliseconds: 60_000 });
  const ended: number[] = [];
  stage.timeline.after(1_000, () => void stage.worker.stop().then(() => ended.push(stage.timeline.now)));
  await stage.play(() => ended.length > 0);
  expect(ended).toEqual([11_000]);
  expect(stage.delivered).toEqual(['released']);
  const lease = stage.ledger.claim('another', 60_000);
  if (!lease) throw new Error('the run was not given back');
  stage.ledger.finish(lease, 'gave up', null);
  expect(stage.states).toEqual({ UNKNOWN: 1 });
});

test('the worker survives a ledger that is down, and reacts to a nudge at once', async () => {
  const isDown = () => stage.timeline.now >= 15 && stage.timeline.now < 40_000;
  const stage: Stage = new Stage({
    rows: 40,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    store: (store) => ({
      ...store,
      claim: (...call) => (isDown() ? Promise.reject(new Error('down')) : store.claim(...call)),
      settle: (...call) => (isDown() ? Promise.reject(new Error('down')) : store.settle(...call)),
      release: (...call) => (isDown() ? Promise.reject(new Error('down')) : store.release(...call)),
    }),
  });
  stage.timeline.after(40_000, () => stage.worker.nudge());
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(stage.faults.length).toBeGreaterThan(5);
  // Four were sent twice: their results could not be recorded.
  expect(stage.requests).toHaveLength(44);
  expect(stage.requests.filter(({ at }) => at >= 40_000)[0]?.at).toBe(40_000);
});

test('a run is released as soon as the ledger fails', async () => {
  let failures = 0;
  const stage: Stage = new Stage({
    rows: 10,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    store: (store) => ({
      ...store,
      settle: (...call) => (failures++ === 0 ? Promise.reject(new Error('down')) : store.settle(...call)),
    }),
  });
  await stage.play();
  expect(stage.run.state).toBe('SUCCEEDED');
  expect(stage.faults).toHaveLength(1);
  expect(stage.timeline.now).toBeLessThan(10_000);
});

test('a worker that is stopped before its start does nothing', async () => {
  const stage = new Stage({ rows: 1, batchRows: 1, answers: (batch) => accepted(batch) });
  await stage.worker.stop();
  await stage.play(() => stage.timeline.now >= 60_000);
  expect(stage.requests).toEqual([]);
});

test('an idle worker prunes in steps, and looks for runs between them', async () => {
  const steps: { readonly at: number; readonly state: string }[] = [];
  const stage: Stage = new Stage({
    rows: 2,
    batchRows: 1,
    answers: (batch) => accepted(batch),
    prune: async () => {
      steps.push({ at: stage.timeline.now, state: stage.run.state });
      if (steps.length === 2) throw new Error('down');
      return steps.length < 5;
    },
  });
  await stage.play(() => steps.length >= 6);
  // Never while there is a run to deliver.
  expect(steps.map(({ state }) => state)).toEqual(Array(6).fill('SUCCEEDED'));
  const [first = 0, second, third = 0, fourth, fifth, sixth = 0] = steps.map(({ at }) => at);
  expect([second, fourth, fifth]).toEqual([first, third, third]);
  // After an error, and with nothing left to prune, it waits for the poll interval.
  expect(third).toBeGreaterThan(first);
  expect(sixth).toBeGreaterThan(third);
  expect(stage.faults).toHaveLength(1);
});

test.each([
  ['failed', (): Sent => ({ ...failed('503'), mayHaveArrived: true })],
  ['left out half of the rows', (batch: Batch): Sent => accepted(batch, (id) => id === '1')],
])('a run whose only batch %s once keeps its time limit, with a slow ledger too', async (_, first) => {
  const stage = new Stage({
    rows: 2,
    batchRows: 2,
    answers: (batch, nth) => (nth === 0 ? first(batch) : accepted(batch)),
    // The batch is postponed, or leaves rows for a new one, while the progress is read.
    store: (store) => ({
      ...store,
      progress: async (lease) => {
        const progress = await store.progress(lease);
        await stage.clock.sleep(20);
        return progress;
      },
    }),
  });
  await stage.play();
  expect(stage.run).toMatchObject({ state: 'SUCCEEDED', reason: null });
});
