import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FaultInput } from '../../src/embedded/sandbox/index.ts';
import { goneReason } from '../../src/push/record/gone-rows.ts';
import { unknownIterationCode as code } from '../../src/push/types.ts';
import type { Run } from '../support/push-api.ts';
import { type PushStage, stagesOf } from '../support/push-stages.ts';

const count = 7;
const { warehouse, open, withAnotherAdsuite } = stagesOf(count);
const query = (text: string) => warehouse().database.query(text);

/** Every build without an iteration is refused, because it is no longer in the source (DATA_QUALITY). */
const override = { reason: 'the iteration was deleted' };
const message = 'There is no such iteration.';
const unknown = (...iterationIds: string[]): FaultInput => ({ kind: 'reject', iterationIds, code, message });

/** Iteration 7 is the last one of its strategy, so its clicks and conversions count for iteration 5. */
const removed = '7';
async function remove(): Promise<void> {
  await query(`create table kept as select * from adsuite_mirror.iterations where iteration_id = ${removed}`);
  await query(`delete from adsuite_mirror.iterations where iteration_id = ${removed}`);
  await warehouse().convert([]);
}
async function restore(): Promise<void> {
  const { rows } = await query("select 1 from information_schema.tables where table_name = 'kept'");
  if (rows.length === 0) return;
  await query('insert into adsuite_mirror.iterations select * from kept');
  await query('drop table kept');
  await warehouse().convert([]);
}

const settled = ({ rows }: Run) => rows.nodes.map((row) => [row.iterationId, row.state, row.code]);
const statesOf = ({ rows }: Run) => rows.nodes.map(({ iterationId, state }) => [iterationId, state]);

let stage: PushStage;
beforeEach(async () => {
  await warehouse().convert([]);
  stage = await open();
});
afterEach(restore);

describe('an iteration that was deleted in AdSuite and in the source', () => {
  beforeEach(async () => {
    expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', counts: { accepted: count } });
    await remove();
    stage.sandbox.setFaults([unknown(removed)]);
  });

  test('is sent as zeros once: the push succeeds, and nothing is left for the next ones', async () => {
    expect(await stage.push()).toMatchObject({ state: 'REFUSED', findings: [{ guard: 'DATA_QUALITY' }] });
    const run = await stage.push({ override });
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      counts: { planned: 2, accepted: 1, stale: 0, gone: 1, rejected: 0, unknown: 0, pending: 0 },
      progress: { settled: 2, secondsLeft: 0 },
      reason: expect.stringMatching(
        /^AdSuite does not know 1 iteration \(UNKNOWN_ITERATION\)\. .*nothing is left to send/,
      ),
    });
    expect(settled(run)).toEqual([
      ['5', 'ACCEPTED', null],
      [removed, 'GONE', code],
    ]);
    expect(run.rows.nodes[1]?.message).toBe(message);
    const { found } = await stage.ask<{ found: { rows: { totalCount: number; nodes: object[] } } }>(
      `{ found: pushRun(id: "${run.id}") { rows(states: [GONE]) { totalCount nodes { iterationId } } } }`,
    );
    expect(found.rows).toEqual({ totalCount: 1, nodes: [{ iterationId: removed }] });

    expect(await stage.push({ override })).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 0 }, reason: null });
    await warehouse().convert([1]);
    const next = await stage.push({ override });
    expect(next).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 1, accepted: 1, gone: 0 }, reason: null });
    expect(await stage.push({ override, resend: true })).toMatchObject({ counts: { planned: 6, accepted: 6 } });
    expect(await stage.retryRefused(run.id)).toMatchObject({ code: 'NOTHING_TO_RETRY' });
  });

  test('is no drift: an AdSuite without it and without the others has lost the others', async () => {
    await stage.push({ override });
    stage = await withAnotherAdsuite(stage);
    const { drift } = await stage.ask<{ drift: { compared: number; rows: { iterationId: string }[] } }>(
      '{ drift: pushDrift { compared rows { iterationId } } }',
    );
    expect(drift.compared).toBe(6);
    expect(drift.rows.map(({ iterationId }) => iterationId).toSorted()).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test('is sent again when it returns, in both or in the source first', async () => {
    await stage.push({ override });
    await restore();
    // The answer to its zeros does not count: AdSuite lacked nothing then.
    const news = await stage.push();
    expect(news.state).toBe('PARTIAL');
    expect(statesOf(news)).toEqual([
      ['5', 'ACCEPTED'],
      [removed, 'REJECTED'],
    ]);
    const known = await stage.push();
    expect(statesOf(known)).toEqual([[removed, 'GONE']]);
    expect(known).toMatchObject({
      state: 'SUCCEEDED',
      reason: expect.stringContaining(`metrics of iteration ${removed}:`),
    });
    stage.sandbox.setFaults([]);
    const back = await stage.push();
    expect(back).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 1, accepted: 1, gone: 0 }, reason: null });
    expect(stage.sandbox.held(removed)).toEqual(warehouse().held(7));
    expect((await stage.receipts()).get(removed)).toMatchObject({ version: warehouse().version });
    expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 0 } });
  });

  test('does not hide another rejection: the push is PARTIAL, and a retry sends only the other row', async () => {
    await warehouse().convert([2, 4]);
    const closed: FaultInput = { kind: 'reject', iterationIds: ['2'], code: 'CLOSED' };
    stage.sandbox.setFaults([unknown(removed), closed]);
    const run = await stage.push({ override });
    expect(run).toMatchObject({
      state: 'PARTIAL',
      counts: { planned: 4, accepted: 2, gone: 1, rejected: 1 },
      reason: expect.stringContaining('does not know 1 iteration'),
    });
    stage.sandbox.setFaults([unknown(removed)]);
    const retried = await stage.retry(run.id);
    expect(retried).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 1, accepted: 1 }, reason: null });
    expect(await stage.push({ override })).toMatchObject({ counts: { planned: 0 } });
  });

  test.each([400, 422] as const)(
    'is GONE also if AdSuite refuses the whole request (%s) because of it',
    async (status) => {
      stage.sandbox.setFaults([{ kind: 'poison', iterationIds: [removed], status, code }]);
      const run = await stage.push({ override });
      expect(run).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 2, accepted: 1, gone: 1 } });
      // Both rows, then each.
      expect(run.progress.requests).toBe(3);
      expect(await stage.push({ override })).toMatchObject({ counts: { planned: 0 } });
    },
  );

  test('alone in a run is a success', async () => {
    const iterationIds = [removed];
    const run = await stage.push({ override, iterationIds });
    expect(run).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 1, accepted: 0, gone: 1 } });
    // Neither the build nor a receipt has it now.
    expect(await stage.pushRefused({ override, iterationIds })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('an iteration of the build that AdSuite does not know', () => {
  test('fails one push, and no later one, until AdSuite accepts it', async () => {
    stage.sandbox.setFaults([unknown('3')]);
    const first = await stage.push();
    expect(first).toMatchObject({ state: 'PARTIAL', counts: { accepted: 6, gone: 0, rejected: 1 }, reason: null });
    for (const iterations of [[], [3], [1]]) {
      if (iterations.length > 0) await warehouse().convert(iterations);
      const run = await stage.push();
      expect(run).toMatchObject({ state: 'SUCCEEDED', counts: { gone: 1, rejected: 0, pending: 0 } });
      expect(run.reason).toMatch(/does not know 1 iteration .*metrics of iteration 3: check that it exists in AdSuite/);
      expect(settled(run)).toContainEqual(['3', 'GONE', code]);
    }
    stage.sandbox.setFaults([]);
    const healed = await stage.push();
    expect(healed).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 1, accepted: 1 }, reason: null });
    expect(stage.sandbox.held('3')).toEqual(warehouse().held(3));
  });

  test('that AdSuite knew before keeps its receipt, and is drift', async () => {
    await stage.push();
    await warehouse().convert([3]);
    stage.sandbox.setFaults([unknown('3')]);
    expect(await stage.push()).toMatchObject({ state: 'FAILED', counts: { rejected: 1 } });
    expect(await stage.push()).toMatchObject({ state: 'SUCCEEDED', counts: { gone: 1 } });
    expect((await stage.receipts()).get('3')).toMatchObject({ version: warehouse().version - 1 });
  });

  test('is GONE after a retry of the push that it failed', async () => {
    const closed: FaultInput = { kind: 'reject', iterationIds: ['6'], code: 'CLOSED' };
    stage.sandbox.setFaults([unknown('3'), closed]);
    const run = await stage.push();
    expect(run).toMatchObject({ state: 'PARTIAL', counts: { accepted: 5, rejected: 2 } });
    const retried = await stage.retry(run.id);
    expect(retried).toMatchObject({ state: 'FAILED', counts: { planned: 2, gone: 1, rejected: 1 } });
    stage.sandbox.setFaults([unknown('3')]);
    const again = await stage.retry(retried.id);
    expect(again).toMatchObject({ state: 'SUCCEEDED', counts: { planned: 1, accepted: 1 } });
    expect(await stage.retryRefused(again.id)).toMatchObject({ code: 'NOTHING_TO_RETRY' });
  });
});

test('the reason counts the iterations and names the first that have metrics', () => {
  expect(goneReason({ counts: { gone: 0 }, goneWithValues: [] })).toBeNull();
  expect(goneReason({ counts: { gone: 2 }, goneWithValues: [] })).toMatch(
    /^AdSuite does not know 2 iterations \(.* conversions of them: nothing/,
  );
  expect(goneReason({ counts: { gone: 9 }, goneWithValues: ['100', '9', '23'] })).toContain(
    'iterations 9, 23, 100: check that they exist',
  );
  expect(goneReason({ counts: { gone: 9 }, goneWithValues: ['4', '3', '2', '1'] })).toContain(
    '1, 2, 3 and others: check',
  );
});
