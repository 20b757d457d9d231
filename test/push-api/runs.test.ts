import { describe, expect, test } from 'vitest';
import type { LedgerReads } from '../../src/db/ledger/connect.ts';
import { latch } from '../support/push-api.ts';
import { fast, stagesOf } from '../support/push-stages.ts';

const count = 7;
const { warehouse, open } = stagesOf(count);

/** A stage that holds the second request until it is released, and sends one at a time. */
async function openHeld() {
  const held = latch();
  const stage = await open({ delivery: { ...fast, concurrency: 1 } }, (phase, request) =>
    phase === 'arrived' && request === 2 ? held.wait() : undefined,
  );
  return { held, stage };
}

/** A run with rows in two states: odd iterations are refused. */
async function openPartial() {
  const stage = await open();
  stage.sandbox.setFaults([{ kind: 'reject', iterationIds: ['1', '3', '5', '7'], code: 'ODD' }]);
  const run = await stage.push({ requestedBy: 'first' });
  stage.sandbox.setFaults([]);
  return { stage, run };
}

interface Page<Node> {
  readonly totalCount: number;
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describe('a run in progress', () => {
  test('can be queried, and excludes other pushes', async () => {
    const { held, stage } = await openHeld();
    const { id, state } = await stage.push({ waitSeconds: 0, idempotencyKey: 'k' });
    expect(state).toBe('RUNNING');
    await held.reached;
    const seen = await stage.run(id);
    expect(seen).toMatchObject({ state: 'RUNNING', finishedAt: null, counts: { accepted: 3, pending: 4 } });
    expect(seen?.progress).toMatchObject({ settled: 3, sent: 6, requests: 2, lastFailure: null });
    expect(seen?.progress.rowsPerSecond).not.toBeNull();
    for (const input of [{}, { iterationIds: ['7'] }]) {
      const error = await stage.pushRefused(input);
      expect(error).toMatchObject({ code: 'PUSH_IN_PROGRESS', status: 409, runId: id });
      expect(error.message).toContain(id);
    }
    const retried = await stage.refused(`mutation { retryPush(runId: "${id}") { id } }`);
    expect(retried).toMatchObject({ code: 'PUSH_IN_PROGRESS', runId: id });
    expect(await stage.push({ dryRun: true })).toMatchObject({ state: 'SUCCEEDED', dryRun: true });
    expect((await stage.push({ waitSeconds: 0, idempotencyKey: 'k' })).id).toBe(id);
    held.release();
    expect(await stage.push({ idempotencyKey: 'k' })).toMatchObject({
      id,
      state: 'SUCCEEDED',
      counts: { accepted: count },
    });
    await stage.holds(warehouse().iterations.map((one) => warehouse().held(one)));
  });

  test('can be cancelled: what was sent stays sent, and a retry sends the rest', async () => {
    const { held, stage } = await openHeld();
    const { id } = await stage.push({ waitSeconds: 0 });
    await held.reached;
    expect(await stage.run(id)).toMatchObject({ cancelled: null });
    const cancelling = stage.cancel(id, { requestedBy: 'ann' });
    while (!(await stage.ledger.reads.runsByIds([id]))[0]?.cancelled);
    held.release();
    const run = await cancelling;
    expect(run).toMatchObject({ state: 'CANCELLED', counts: { accepted: 6, pending: 1 }, progress: { requests: 2 } });
    expect(run.cancelled).toEqual({ by: 'ann', at: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await stage.cancel(id, { requestedBy: 'ben' })).toEqual(run);
    const retried = await stage.retry(id, { requestedBy: 'cleo' });
    expect(retried).toMatchObject({ state: 'SUCCEEDED', retryOf: id, counts: { planned: 1, accepted: 1 } });
    expect(retried).toMatchObject({ requestedBy: 'cleo', cancelled: null });
    // A run that has ended is not changed by a cancellation.
    expect(await stage.cancel(retried.id, { requestedBy: 'ben' })).toEqual(retried);
    await stage.holds(warehouse().iterations.map((one) => warehouse().held(one)));
    expect(await stage.refused('mutation { cancelPush(runId: "none") { id } }')).toMatchObject({
      code: 'PUSH_NOT_FOUND',
    });
  });
});

describe('a caller', () => {
  test('can cancel without waiting and without a name; the first one is kept', async () => {
    const { held, stage } = await openHeld();
    const { id } = await stage.push({ waitSeconds: 0 });
    await held.reached;
    const asked = { state: 'RUNNING', cancelled: { by: 'unauthenticated' } };
    expect(await stage.cancel(id, { waitSeconds: 0 })).toMatchObject(asked);
    expect(await stage.cancel(id, { waitSeconds: 0, requestedBy: 'late' })).toMatchObject(asked);
    held.release();
    expect(await stage.ended(id)).toMatchObject({ ...asked, state: 'CANCELLED' });
  });

  test('gets one retry per key, for repeated requests', async () => {
    const { stage, run } = await openPartial();
    const args = { idempotencyKey: 'retry-1', waitSeconds: 0 };
    const runs = await Promise.all([1, 2, 3].map(() => stage.retry(run.id, args)));
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    const retried = await stage.ended(runs[0]?.id ?? '');
    expect(retried).toMatchObject({ state: 'SUCCEEDED', retryOf: run.id, counts: { planned: 4 } });
    expect(await stage.retry(run.id, args)).toEqual(retried);
    expect(await stage.retryRefused(retried.id, args)).toMatchObject({
      ...{ code: 'IDEMPOTENCY_KEY_REUSED', status: 409, runId: retried.id },
    });
    expect(await stage.pushRefused(args)).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test.each([
    ['waitSeconds', { waitSeconds: 121 }],
    ['requestedBy', { requestedBy: '' }],
    ['requestedBy', { requestedBy: 'a\u0000b' }],
    ['idempotencyKey', { idempotencyKey: 'k'.repeat(201) }],
  ])('gets an error for an invalid %s', async (name, args) => {
    const stage = await open();
    const answers = [await stage.retryRefused('x', args)];
    if (name !== 'idempotencyKey') answers.push(await stage.cancelRefused('x', args));
    for (const { code, status, message } of answers) {
      expect({ code, status }).toEqual({ code: 'BAD_USER_INPUT', status: 400 });
      expect(message).toMatch(new RegExp(`^${name}: `));
    }
  });
});

describe('earlier pushes', () => {
  test('are listed, newest first, page by page, by state, caller, dry run and time', async () => {
    const { stage, run } = await openPartial();
    const dry = await stage.push({ dryRun: true, requestedBy: 'second' });
    const last = await stage.push({ requestedBy: 'second' });
    const list = async (filter: object, first = 10, after: string | null = null) =>
      (
        await stage.ask<{ runs: Page<{ id: string }> }>(
          `query ($filter: PushRunFilter, $first: Int, $after: String) { runs: pushRuns(filter: $filter, first: $first, after: $after) {
            totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`,
          { filter, first, after },
        )
      ).runs;
    const ids = async (filter: object) => (await list(filter)).nodes.map(({ id }) => id);
    expect(await ids({})).toEqual([last.id, dry.id, run.id]);
    expect(await ids({ states: ['PARTIAL'] })).toEqual([run.id]);
    expect(await ids({ states: [] })).toEqual([]);
    expect(await ids({ requestedBy: 'second' })).toEqual([last.id, dry.id]);
    expect(await ids({ isDryRun: true, requestedBy: 'second' })).toEqual([dry.id]);
    expect(await ids({ startedBetween: { from: '2020-01-01T00:00:00Z', to: '2020-01-02T00:00:00Z' } })).toEqual([]);
    const first = await list({}, 2);
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    const second = await list({}, 2, first.pageInfo.endCursor);
    expect(second.nodes.map(({ id }) => id)).toEqual([run.id]);
    expect(second.pageInfo.hasNextPage).toBe(false);
    for (const after of [first.pageInfo.endCursor, 'garbage']) {
      const error = await stage.refused(
        'query ($after: String) { pushRuns(filter: { isDryRun: false }, after: $after) { nodes { id } } }',
        { after },
      );
      expect(error).toMatchObject({ code: 'BAD_USER_INPUT', status: 400 });
      expect(error.message).toMatch(/^after: /);
    }
  });

  test('have rows, page by page, by state', async () => {
    const { stage, run } = await openPartial();
    const rows = async (states: readonly string[] | null, first: number, after: string | null = null, id = run.id) =>
      (
        await stage.ask<{ run: { rows: Page<{ iterationId: string; code: string | null }> } }>(
          `query ($id: ID!, $states: [PushRowState!], $first: Int, $after: String) { run: pushRun(id: $id) {
            rows(states: $states, first: $first, after: $after) {
              totalCount nodes { iterationId code } pageInfo { hasNextPage endCursor } } } }`,
          { id, states, first, after },
        )
      ).run.rows;
    const first = await rows(['REJECTED'], 3);
    expect(first).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    expect(first.nodes).toEqual(['1', '3', '5'].map((iterationId) => ({ iterationId, code: 'ODD' })));
    const second = await rows(['REJECTED'], 3, first.pageInfo.endCursor);
    expect(second.nodes).toEqual([{ iterationId: '7', code: 'ODD' }]);
    expect((await rows(['REJECTED', 'ACCEPTED'], 10)).nodes).toHaveLength(count);
    expect(await rows(['REJECTED', 'REJECTED'], 10)).toMatchObject({ totalCount: 4, nodes: { length: 4 } });
    expect(await rows(['UNKNOWN'], 10)).toMatchObject({ totalCount: 0, nodes: [] });
    await expect(rows(null, 3, first.pageInfo.endCursor)).rejects.toThrow('BAD_USER_INPUT');
    const other = await stage.push({ dryRun: true });
    await expect(rows(['REJECTED'], 3, first.pageInfo.endCursor, other.id)).rejects.toThrow('BAD_USER_INPUT');
  });

  test('keep the run and the receipts after the worker has deleted their rows', async () => {
    const stage = await open({ keepMilliseconds: 0 });
    stage.sandbox.setFaults([{ kind: 'reject', iterationIds: ['1'], code: 'NO' }]);
    const { id } = await stage.push();
    let run = await stage.run(id);
    while (run?.rowsDeletedAt === null) run = await stage.run(id);
    const counts = { planned: count, accepted: count - 1, rejected: 1 };
    expect(run).toMatchObject({ state: 'PARTIAL', counts, rows: { totalCount: 0, nodes: [] } });
    const error = await stage.retryRefused(id);
    expect(error).toMatchObject({ code: 'NOTHING_TO_RETRY', status: 409 });
    expect(error.message).toContain('PUSH_KEEP_DAYS');
    expect((await stage.receipts()).size).toBe(count - 1);
    const { one, two } = await stage.ask<Record<'one' | 'two', { lastPush: object | null }>>(
      `{ one: iteration(id: "1") { lastPush { runId state accepted { runId } } }
         two: iteration(id: "2") { lastPush { runId state accepted { runId } } } }`,
    );
    expect(one.lastPush).toBeNull();
    expect(two.lastPush).toEqual({ runId: null, state: null, accepted: { runId: id } });
  });

  test('are read for all iterations with one statement, for any number of iterations', async () => {
    const { stage, run } = await openPartial();
    const asked: number[] = [];
    const counting = (reads: LedgerReads): LedgerReads => ({
      ...reads,
      lastPushes: (ids) => {
        asked.push(ids.length);
        return reads.lastPushes(ids);
      },
      within: (signal) => counting(reads.within(signal)),
    });
    const counted = await open({ ledger: { ...stage.ledger, reads: counting(stage.ledger.reads) } });
    for (const first of [1, count]) {
      const { iterations } = await counted.ask<{ iterations: { nodes: { id: string; lastPush: object }[] } }>(
        'query ($first: Int) { iterations(first: $first) { nodes { id lastPush { runId state code accepted { version } } } } }',
        { first },
      );
      for (const { id, lastPush } of iterations.nodes) {
        const isOdd = Number(id) % 2 === 1;
        expect(lastPush).toEqual({
          ...{ runId: run.id, state: isOdd ? 'REJECTED' : 'ACCEPTED', code: isOdd ? 'ODD' : null },
          accepted: isOdd ? null : { version: run.version },
        });
      }
    }
    expect(asked).toEqual([1, count]);
  });
});
