import { describe, expect, test } from 'vitest';
import { fast, stagesOf } from '../support/push-stages.ts';

const count = 7;
const { warehouse, open, withAnotherAdsuite } = stagesOf(count);
const every = () => warehouse().iterations.map((id) => warehouse().held(id));

/** One request at a time, for a known number of requests. */
const delivery = { ...fast, concurrency: 1 };
const rateLimited = (retryAfter?: string) =>
  ({ kind: 'status', status: 429, code: 'RATE_LIMITED', ...(retryAfter ? { retryAfter } : {}) }) as const;
const none = { accepted: 0, stale: 0, gone: 0, rejected: 0, unknown: 0, pending: 0 };

describe('a Retry-After beyond the limit', () => {
  test.each(['999999999999', '9'.repeat(400), 'Fri, 01 Jan 2100 00:00:00 GMT'])(
    'delays a push by the limit only: %s',
    async (retryAfter) => {
      const stage = await open({ delivery: { ...delivery, retryAfterMaxMilliseconds: 50 } });
      stage.sandbox.setFaults([{ ...rateLimited(retryAfter), next: 1 }]);
      const run = await stage.ended((await stage.push()).id);
      expect(run).toMatchObject({
        state: 'SUCCEEDED',
        counts: { ...none, accepted: count },
        progress: { requests: 4 },
      });
      await stage.holds(every());
    },
  );

  test('does not block later runs', async () => {
    const stage = await open({ delivery: { ...delivery, retryAfterMaxMilliseconds: 50 } });
    stage.sandbox.setFaults([rateLimited('999999999999')]);
    const { id } = await stage.push({ waitSeconds: 0 });
    while (stage.sandbox.requests().length < 2) await stage.run(id);
    expect(await stage.cancel(id)).toMatchObject({ state: 'CANCELLED', counts: { ...none, pending: count } });
    stage.sandbox.setFaults([]);
    expect(await stage.ended((await stage.retry(id)).id)).toMatchObject({ state: 'SUCCEEDED' });
    await stage.holds(every());
  });
});

describe('a run that waits', () => {
  /** A run that waits after Retry-After: 600. */
  async function openWaiting() {
    const stage = await open({ delivery });
    stage.sandbox.setFaults([{ ...rateLimited('600'), next: 1 }]);
    const { id } = await stage.push({ waitSeconds: 0 });
    let run = await stage.run(id);
    while (!run?.progress.nextAttemptAt) run = await stage.run(id);
    return { stage, run };
  }

  test('shows when its next request is due, and why; after a cancellation it ends at once and shows neither', async () => {
    const before = Date.now();
    const { stage, run } = await openWaiting();
    expect(run).toMatchObject({ state: 'RUNNING', counts: { pending: count }, progress: { requests: 1 } });
    expect(run.progress.lastFailure).toMatch(/^AdSuite answered 429/);
    const due = Date.parse(run.progress.nextAttemptAt ?? '');
    expect(due).toBeGreaterThan(before + 590_000);
    expect(due).toBeLessThan(Date.now() + 601_000);
    expect(await stage.cancel(run.id)).toMatchObject({
      ...{ state: 'CANCELLED', counts: { ...none, pending: count } },
      progress: { requests: 1, nextAttemptAt: null },
    });
  });

  test('shows the same time at every service on the ledger, at every query', async () => {
    const { stage, run } = await openWaiting();
    const other = await open({ ledger: stage.ledger });
    // Longer than several checks of the worker: the time is recorded once, not at each check.
    for (let look = 0; look < 20; look++) {
      for (const each of [stage, other]) {
        expect((await each.run(run.id))?.progress.nextAttemptAt).toBe(run.progress.nextAttemptAt);
      }
    }
    expect(await other.cancel(run.id)).toMatchObject({ state: 'CANCELLED', progress: { nextAttemptAt: null } });
  });

  test('because of an earlier run shows the time, too', async () => {
    const { stage, run } = await openWaiting();
    await stage.cancel(run.id);
    const retry = await stage.retry(run.id, { waitSeconds: 0 });
    let seen = await stage.run(retry.id);
    while (!seen?.progress.nextAttemptAt) seen = await stage.run(retry.id);
    expect(seen.progress).toMatchObject({ requests: 0, lastFailure: null });
    await stage.cancel(retry.id);
  });

  test('shows no time after it continues', async () => {
    const stage = await open({ delivery: { ...delivery, retryAfterMaxMilliseconds: 1_500 } });
    stage.sandbox.setFaults([{ ...rateLimited('600'), next: 1 }]);
    const { id } = await stage.push({ waitSeconds: 0 });
    const seen = new Set<boolean>();
    let run = await stage.run(id);
    while (run?.state === 'RUNNING') {
      seen.add(run.progress.nextAttemptAt !== null);
      run = await stage.run(id);
    }
    expect(seen).toContain(true);
    expect(run).toMatchObject({ state: 'SUCCEEDED', progress: { requests: 4, nextAttemptAt: null } });
  });
});

describe('rows that were answered 429', () => {
  test('are PENDING after the time limit of the run, and a retry sends them', async () => {
    const stage = await open({ delivery: { ...delivery, runMilliseconds: 300 } });
    stage.sandbox.setFaults([rateLimited()]);
    const run = await stage.ended((await stage.push()).id);
    expect(run).toMatchObject({ state: 'FAILED', counts: { ...none, pending: count } });
    expect(run.reason).toMatch(/^The run did not finish within .*: AdSuite answered 429/);
    // A service with a longer time limit for runs.
    const next = await withAnotherAdsuite(stage);
    const retried = await next.ended((await next.retry(run.id)).id);
    expect(retried).toMatchObject({ state: 'SUCCEEDED', counts: { planned: count, accepted: count } });
    await next.holds(every());
  });

  test('are retried beyond the limit of attempts, and are PENDING after a cancellation', async () => {
    const stage = await open({ delivery });
    stage.sandbox.setFaults([rateLimited()]);
    const { id } = await stage.push({ waitSeconds: 0 });
    while (stage.sandbox.requests().length < 3 * 3 * (fast.attempts ?? 0)) await stage.run(id);
    const run = await stage.cancel(id);
    expect(run).toMatchObject({ state: 'CANCELLED', counts: { ...none, pending: count } });
    stage.sandbox.setFaults([]);
    const retried = await stage.ended((await stage.retry(id)).id);
    expect(retried).toMatchObject({ state: 'SUCCEEDED', counts: { planned: count, accepted: count } });
  });

  test('are UNKNOWN at the end only if an earlier attempt may have been applied', async () => {
    const stage = await open({ delivery: { ...delivery, runMilliseconds: 60_000 } });
    // The answer to the first request of three rows is lost after its effect. All later requests get 429.
    stage.sandbox.setFaults([{ kind: 'reset', applied: true, next: 1 }, rateLimited()]);
    const { id } = await stage.push({ waitSeconds: 0 });
    while ((await stage.run(id))?.counts.unknown !== 3);
    const run = await stage.cancel(id);
    expect(run.counts).toEqual({ ...none, planned: count, unknown: 3, pending: 4 });
    stage.sandbox.setFaults([]);
    await stage.ended((await stage.retry(id)).id);
    await stage.holds(every());
  });
});
