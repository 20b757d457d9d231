import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { createLedgerLoaders } from '../../src/db/ledger/loaders.ts';
import type { RunFilter } from '../../src/db/ledger/queries/runs.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { RowResult } from '../../src/push/types.ts';
import {
  batchRows,
  endOf,
  everyRow,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRow,
  plannedRows,
  query,
  recordingOf,
  recordRun,
  someText,
  someValues,
  totalsOf,
} from '../support/ledgers.ts';

const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

describe.each(ledgerServers)('reads of the ledger on %s', (_name, start) => {
  let server: LedgerServer;
  let target: LedgerTarget;
  let ledger: Ledger;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    target = await server.emptyLedger();
    ledger = openTestLedger(target);
  });
  afterEach(() => ledger.close());

  /** Settles the first batch of the running run (accepted, rejected and stale rows in turn), then gives up the run. */
  async function deliverFirstBatch(): Promise<void> {
    const lease = await ledger.delivery.claim('one', 60_000);
    const batch = lease && (await ledger.delivery.nextBatch(lease, []));
    if (!batch) throw new Error('no running run');
    await ledger.delivery.recordAttempt(lease, batch);
    await ledger.delivery.postpone(lease, batch, 0, 'AdSuite said 503\0');
    await ledger.delivery.recordAttempt(lease, batch);
    const states = ['ACCEPTED', 'REJECTED', 'STALE'] as const;
    const results = batch.rows.map(
      ({ iterationId }, index): RowResult => ({
        iterationId,
        state: states[index % 3] ?? 'UNKNOWN',
        code: index === 1 ? 'NO' : null,
        message: index === 1 ? 'no \0 such thing' : null,
      }),
    );
    await ledger.delivery.settle(lease, batch, results);
    await ledger.delivery.finish(lease, 'gave up', 'AdSuite has been silent for an hour');
  }

  /** A run with every field set, sent in part. */
  async function recordFullRun(): Promise<void> {
    // Opens the ledger, which creates its tables.
    await ledger.reads.countRuns({});
    // The old values of a row are those of its receipt.
    await query(
      target,
      `insert into ledger.push_receipts (iteration_id, strategy_id, created_at, version, values, run_number)
       values (2, 2, now(), 1, $1, 0), (3, 3, now(), 1, $1, 0)`,
      [someText(1)],
    );
    const recording = await recordingOf(ledger.pushes, {
      id: 'a',
      version: 3,
      selection: { iterationIds: ['1', '2'], strategyIds: null },
      requestedBy: 'ann',
      note: 'run 1 of the DAG',
      override: { reason: 'it is right', by: 'ben' },
    });
    const old = { old: someValues(1), oldText: someText(1) };
    await recording.add(plannedRows(5).map((row) => (row.iterationId === '2' ? { ...row, ...old } : row)));
    await recording.commit({
      ...endOf('RUNNING', 5),
      findings: [{ guard: 'TOTAL_JUMPED', message: 'by much', iterationId: null }],
    });
    await deliverFirstBatch();
  }

  test('a run has its plan, input and progress', async () => {
    await recordFullRun();
    expect(await ledger.reads.runsByIds(['a', 'unknown'])).toEqual([
      {
        id: 'a',
        number: expect.stringMatching(/^\d+$/),
        state: 'PARTIAL',
        isDryRun: false,
        cancelled: null,
        build: {
          id: 'build-3',
          version: 3,
          asOf: '2026-02-03T04:05:06.000007Z',
          conversions: 100,
          attributed: 90,
        },
        idempotencyKey: null,
        selection: { iterationIds: ['1', '2'], strategyIds: null },
        planHash: 'plan',
        totals: totalsOf(5),
        findings: [{ guard: 'TOTAL_JUMPED', message: 'by much', iterationId: null }],
        requestedBy: 'ann',
        note: 'run 1 of the DAG',
        override: { reason: 'it is right', by: 'ben' },
        acceptedShrink: null,
        retryOf: null,
        counts: { planned: 5, accepted: 1, stale: 1, gone: 0, rejected: 1, unknown: 0, pending: 2 },
        goneWithValues: [],
        sent: 3,
        attempts: 2,
        lastFailure: { reason: 'AdSuite said 503\ufffd', at: instant },
        nextAttemptAt: null,
        nextAttemptCause: null,
        breaker: null,
        resumed: null,
        startedAt: instant,
        ageMilliseconds: expect.any(Number),
        finishedAt: instant,
        rowsDeletedAt: null,
        finishReason: 'AdSuite has been silent for an hour',
      },
    ]);
    // Since then, another push has been accepted.
    await query(target, 'update ledger.push_receipts set values = $1, version = 2 where iteration_id = 2', [
      someText(2),
    ]);
    const retry = await recordingOf(ledger.pushes, { id: 'b', version: 3, retryOf: 'a' });
    expect(await retry.addUnaccepted('a')).toBe(3);
    await retry.commit(endOf('RUNNING', 3));
    expect(await ledger.reads.runsByIds(['b'])).toMatchObject([{ retryOf: 'a', finishedAt: null, sent: 0 }]);
    const pages = await ledger.reads.rowPages(['a', 'b'], null, { first: 5, after: null });
    const [planned = [], retried = []] = ['a', 'b'].map((id) =>
      pages
        .get(id)
        ?.rows.map(({ iterationId, createdAt, old, new: values }) => ({ iterationId, createdAt, old, values })),
    );
    expect(planned[1]).toMatchObject({ iterationId: '2', old: someValues(1) });
    const [second, ...others] = planned.filter(({ iterationId }) => !['1', '3'].includes(iterationId));
    expect(retried).toEqual([{ ...second, old: someValues(2) }, ...others]);
  });

  test('a row counts as sent once, however often it is in a request; each request counts', async () => {
    await recordRun(ledger, { id: 'a' }, plannedRows(3));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no running run');
    const attempted = async () => {
      const batch = await ledger.delivery.nextBatch(lease, []);
      if (!batch) throw new Error('no open batch');
      await ledger.delivery.recordAttempt(lease, batch);
      return batch;
    };
    const seen = async () => {
      const [run] = await ledger.reads.runsByIds(['a']);
      return [run?.sent, run?.attempts];
    };
    const accept = (iterationId: string): RowResult => ({ iterationId, state: 'ACCEPTED', code: null, message: null });
    expect(await seen()).toEqual([0, 0]);
    await ledger.delivery.postpone(lease, await attempted(), 0, '503');
    expect(await seen()).toEqual([3, 1]);
    await ledger.delivery.split(lease, await attempted());
    expect(await seen()).toEqual([3, 2]);
    // The answer leaves out the second row of the first half.
    await ledger.delivery.settle(lease, await attempted(), [accept('1')]);
    await ledger.delivery.settle(lease, await attempted(), [accept('3')]);
    await ledger.delivery.settle(lease, await attempted(), [accept('2')]);
    expect(await seen()).toEqual([3, 5]);
    expect(await ledger.delivery.finish(lease, 'done', null)).toBe('SUCCEEDED');
  });

  test('a receipt has the run and the time of the last acceptance', async () => {
    const range = { after: null, through: null, selection: { iterationIds: null, strategyIds: null }, limit: 9 };
    const accept = async (id: string, version: number) => {
      await recordRun(ledger, { id, version }, plannedRows(1));
      await deliverFirstBatch();
      const [receipt] = await ledger.pushes.receipts(range);
      const [run] = await ledger.reads.runsByIds([id]);
      expect(receipt).toMatchObject({ iterationId: '1', version, runId: id });
      return { startedAt: run?.startedAt ?? '', acceptedAt: receipt?.acceptedAt ?? '', endedAt: run?.finishedAt ?? '' };
    };
    for (const { startedAt, acceptedAt, endedAt } of [await accept('a', 3), await accept('b', 4)]) {
      expect([startedAt, acceptedAt, endedAt].toSorted()).toEqual([startedAt, acceptedAt, endedAt]);
    }
  });

  test('a run has the time and the user of its first cancellation, or the time only if the user was not recorded', async () => {
    await recordRun(ledger, { id: 'a' }, plannedRows(1));
    expect(await ledger.pushes.cancel('a', 'ann')).toBe(true);
    expect(await ledger.pushes.cancel('a', 'ben')).toBe(true);
    const [run] = await ledger.reads.runsByIds(['a']);
    expect(run).toMatchObject({ state: 'RUNNING', cancelled: { by: 'ann', at: instant } });
    await query(target, 'update ledger.push_runs set cancelled_by = null');
    expect(await ledger.pushes.cancel('a', 'cleo')).toBe(true);
    expect(await ledger.reads.runsByIds(['a'])).toMatchObject([{ cancelled: { by: null, at: run?.cancelled?.at } }]);
  });

  test('a run has the time of its next request only while it is running and only before that time', async () => {
    await recordRun(ledger, { id: 'a' }, plannedRows(1));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no running run');
    const seen = async () => (await ledger.reads.runsByIds(['a']))[0]?.nextAttemptAt;
    expect(await seen()).toBeNull();
    await ledger.delivery.recordWait(lease, { milliseconds: 3_600_000, cause: 'RETRY_AFTER' }, 'CLOSED');
    const [row] = await query<{ seconds: number }>(
      target,
      `select extract(epoch from $1::timestamptz - clock_timestamp())::float8 as seconds`,
      [await seen()],
    );
    expect(row?.seconds).toBeGreaterThan(3_000);
    expect(row?.seconds).toBeLessThanOrEqual(3_600);
    expect(await ledger.reads.runPage({}, { first: 1, after: null })).toMatchObject({
      rows: [{ nextAttemptAt: instant }],
    });
    await query(target, `update ledger.push_runs set next_attempt_at = clock_timestamp() - interval '1 second'`);
    expect(await seen()).toBeNull();
    await ledger.delivery.finish(lease, 'gave up', null);
    // A version without this column leaves it set.
    await query(target, `update ledger.push_runs set next_attempt_at = clock_timestamp() + interval '1 hour'`);
    expect(await seen()).toBeNull();
  });

  test('rows have old and new values and the result of AdSuite; pages by state are complete', async () => {
    await recordFullRun();
    const page = (await ledger.reads.rowPages(['a'], null, { first: 2, after: null })).get('a');
    expect(page).toEqual({
      rows: [
        {
          iterationId: '1',
          strategyId: '1',
          createdAt: '2026-01-08T10:18:24.372261Z',
          state: 'ACCEPTED',
          code: null,
          message: null,
          endedAt: instant,
          old: null,
          new: someValues(1),
        },
        expect.objectContaining({
          code: 'NO',
          message: 'no \ufffd such thing',
          old: someValues(1),
          new: someValues(2),
        }),
      ],
      hasNextPage: true,
    });
    // Its iteration has a receipt, but the plan did not compare with it.
    const third = (await ledger.reads.rowPages(['a'], null, { first: 1, after: ['2'] })).get('a');
    expect(third?.rows).toMatchObject([{ iterationId: '3', old: null }]);
    const ids = async (...states: Parameters<typeof everyRow>[2] & object) =>
      (await everyRow(ledger, 'a', states, 1)).map((row) => row.iterationId);
    expect(await ids('PENDING')).toEqual(['4', '5']);
    expect(await ids('ACCEPTED')).toEqual(['1']);
    expect(await ids('REJECTED', 'STALE')).toEqual(['2', '3']);
    expect(await ids('ACCEPTED', 'STALE')).toEqual(['1', '3']);
    expect(await ids('PENDING', 'STALE')).toEqual(['3', '4', '5']);
    expect(await ids('UNKNOWN')).toEqual([]);
    expect(await ids()).toEqual([]);
    expect(await everyRow(ledger, 'unknown')).toEqual([]);
  });

  test('rows of a dry run have the old values of its plan, even if receipts have changed since', async () => {
    const recording = await recordingOf(ledger.pushes, { id: 'dry', dryRun: true });
    await recording.add([plannedRow('1'), { ...plannedRow('2'), old: someValues(1), oldText: someText(1) }]);
    await recording.commit(endOf('SUCCEEDED', 2));
    const page = (await ledger.reads.rowPages(['dry'], null, { first: 2, after: null })).get('dry');
    expect(page?.rows.map(({ old }) => old)).toEqual([null, someValues(1)]);
  });

  test('a run of more batches than one statement inserts has them all', async () => {
    const count = 1_000 * batchRows + 1;
    await recordRun(ledger, { id: 'a' }, plannedRows(count));
    const [batches] = await query(
      target,
      `select count(*)::int as batches, max(number) as last, sum(row_count)::int as rows, max(last_id)::int as through
       from ledger.push_batches`,
    );
    expect(batches).toEqual({ batches: 1_001, last: 1_001, rows: count, through: count });
  });

  test('runs are listed newest first, in pages, with each filter', async () => {
    for (const [index, requestedBy] of ['ann', 'ben', 'ann', 'cat'].entries()) {
      const dryRun = requestedBy === 'cat';
      const recording = await recordingOf(ledger.pushes, { id: `run ${index}`, requestedBy, dryRun });
      await recording.commit(endOf(index === 1 ? 'REFUSED' : 'SUCCEEDED', 0));
    }
    const found = async (filter: RunFilter) => {
      const all: string[] = [];
      for (let after: readonly string[] | null = null; ; ) {
        const { rows, hasNextPage } = await ledger.reads.runPage(filter, { first: 1, after });
        all.push(...rows.map((run) => run.id));
        if (!hasNextPage) break;
        after = rows.map((run) => run.number);
      }
      expect(await ledger.reads.countRuns(filter)).toBe(all.length);
      return all;
    };
    expect(await found({})).toEqual(['run 3', 'run 2', 'run 1', 'run 0']);
    expect(await found({ states: ['SUCCEEDED'] })).toEqual(['run 3', 'run 2', 'run 0']);
    expect(await found({ states: [] })).toEqual([]);
    expect(await found({ requestedBy: 'ann' })).toEqual(['run 2', 'run 0']);
    expect(await found({ isDryRun: true })).toEqual(['run 3']);
    const [second] = await ledger.reads.runsByIds(['run 2']);
    const startedAt = second?.startedAt ?? '';
    expect(await found({ startedBetween: { from: startedAt } })).toEqual(['run 3', 'run 2']);
    expect(await found({ startedBetween: { from: null, to: startedAt } })).toEqual(['run 1', 'run 0']);
    expect(await found({ requestedBy: 'ann', startedBetween: { to: startedAt } })).toEqual(['run 0']);
  });

  test('the last pushes of many iterations (receipt and last planned row) are read in one statement', async () => {
    await recordFullRun();
    await recordRun(ledger, { id: 'b', version: 4 }, [plannedRow('1'), plannedRow('2'), plannedRow('7')]);
    const dry = await recordingOf(ledger.pushes, { id: 'c', version: 5, dryRun: true });
    await dry.add(plannedRows(9));
    await dry.commit(endOf('SUCCEEDED', 9));
    const loaders = createLedgerLoaders(ledger.reads);
    const [first, second, fifth, seventh, eighth] = await Promise.all(
      ['1', '2', '5', '7', '8'].map((id) => loaders.lastPush.load(id)),
    );
    expect(first).toEqual({
      iterationId: '1',
      receipt: { runId: 'a', version: 3, values: someValues(1), acceptedAt: instant },
      row: { runId: 'b', version: 4, state: 'PENDING', code: null, message: null, endedAt: null },
    });
    expect(second).toMatchObject({ receipt: null, row: { runId: 'b', state: 'PENDING' } });
    expect(fifth).toMatchObject({ receipt: null, row: { runId: 'a', version: 3, state: 'PENDING' } });
    expect(seventh).toMatchObject({ receipt: null, row: { runId: 'b' } });
    expect(eighth).toBeNull();
    await deliverFirstBatch();
    expect(await ledger.reads.lastPushes(['2'])).toEqual([
      {
        iterationId: '2',
        receipt: null,
        row: {
          runId: 'b',
          version: 4,
          state: 'REJECTED',
          code: 'NO',
          message: 'no \ufffd such thing',
          endedAt: instant,
        },
      },
    ]);
  });

  test('rows of several runs, and runs by id, are read in one statement', async () => {
    await recordFullRun();
    await recordRun(ledger, { id: 'b' }, plannedRows(2));
    let statements = 0;
    const loaders = createLedgerLoaders({
      ...ledger.reads,
      rowPages: (...args) => {
        statements += 1;
        return ledger.reads.rowPages(...args);
      },
    });
    const list = { states: ['PENDING' as const], page: { first: 10, after: null } };
    const pages = await Promise.all(['b', 'a', 'unknown'].map((id) => loaders.rowsOf(id, list)));
    expect(pages.map((page) => page.rows.map((row) => row.iterationId))).toEqual([['1', '2'], ['4', '5'], []]);
    expect(statements).toBe(1);
    const runs = await Promise.all(['b', 'unknown', 'a'].map((id) => loaders.run.load(id)));
    expect(runs.map((run) => run?.id)).toEqual(['b', undefined, 'a']);
  });
});
