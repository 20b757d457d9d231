import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import { gone } from '../../src/db/ledger/migrations/2026-11-27-gone.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { type Batch, type RowResult, unknownIterationCode } from '../../src/push/types.ts';
import {
  everyReceipt,
  everyRow,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  plannedRows,
  query,
  recordRun,
} from '../support/ledgers.ts';

describe.each(ledgerServers)('rows that are GONE, in the ledger on %s', (_name, start) => {
  let server: LedgerServer;
  let target: LedgerTarget;
  let ledger: Ledger;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    target = await server.emptyDatabase();
    ledger = openTestLedger(target);
  });
  afterEach(() => ledger.close());

  /** Records and delivers a run of `count` rows. Rows without a result are accepted. */
  async function push(
    id: string,
    version: number,
    count: number,
    result: (iterationId: string) => RowResult['state'],
  ): Promise<void> {
    await recordRun(ledger, { id, version }, plannedRows(count));
    const { delivery } = ledger;
    const lease = await delivery.claim('one', 60_000);
    if (!lease) throw new Error('no run is running');
    for (let batch = await delivery.nextBatch(lease, []); batch; batch = await delivery.nextBatch(lease, [])) {
      await delivery.recordAttempt(lease, batch);
      const results = batch.rows.map(({ iterationId }): RowResult => {
        const state = result(iterationId);
        const code = state === 'ACCEPTED' ? null : unknownIterationCode;
        return { iterationId, state, code, message: null };
      });
      await delivery.settle(lease, batch, results);
    }
    await delivery.finish(lease, 'done', null);
  }

  const rejected = (iterationId: string): RowResult => ({
    ...{ iterationId, state: 'REJECTED', code: unknownIterationCode, message: null },
  });
  const run = async (id: string) => (await ledger.reads.runsByIds([id]))[0];
  const ids = async (id: string, ...states: Parameters<typeof everyRow>[2] & object) =>
    (await everyRow(ledger, id, states, 1)).map((row) => row.iterationId);

  test('are counted, are found by their state, and are not pending', async () => {
    await push('a', 1, 4, (id) => (id === '2' ? 'GONE' : 'ACCEPTED'));
    expect(await run('a')).toMatchObject({
      state: 'SUCCEEDED',
      counts: { planned: 4, accepted: 3, stale: 0, gone: 1, rejected: 0, unknown: 0, pending: 0 },
      goneWithValues: [],
    });
    expect(await ids('a', 'GONE')).toEqual(['2']);
    expect(await ids('a', 'PENDING', 'GONE')).toEqual(['2']);
    expect(await ids('a', 'REJECTED', 'PENDING')).toEqual([]);
    expect(await ids('a', 'ACCEPTED', 'GONE')).toEqual(['1', '2', '3', '4']);
    const [last] = await ledger.reads.lastPushes(['2']);
    expect(last).toMatchObject({ receipt: null, row: { state: 'GONE', code: unknownIterationCode } });
  });

  test('with values are named with the run: the first few, of several batches', async () => {
    await push('a', 1, 8, () => 'REJECTED');
    await push('b', 2, 9, (id) => (id === '1' ? 'GONE' : id === '9' ? 'ACCEPTED' : 'REJECTED'));
    expect(await run('b')).toMatchObject({
      state: 'SUCCEEDED',
      counts: { planned: 9, accepted: 1, gone: 8, rejected: 0, pending: 0 },
      goneWithValues: ['2', '3', '4', '5'],
    });
  });

  test('with values are named by id, in whatever order their batches are settled', async () => {
    await push('a', 1, 9, () => 'REJECTED');
    await recordRun(ledger, { id: 'b', version: 2 }, plannedRows(9));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no run is running');
    const batches: Batch[] = [];
    for (;;) {
      const batch = await ledger.delivery.nextBatch(
        lease,
        batches.map(({ number }) => number),
      );
      if (!batch) break;
      batches.push(batch);
    }
    expect(batches).toHaveLength(3);
    for (const batch of batches.toReversed()) {
      const results = batch.rows.map(({ iterationId }) => rejected(iterationId));
      await ledger.delivery.settle(lease, batch, results);
    }
    await ledger.delivery.finish(lease, 'done', null);
    expect(await run('b')).toMatchObject({ counts: { gone: 9 }, goneWithValues: ['1', '2', '3', '4'] });
  });

  test('were rejected for an older version, to which the migration leads back, and again', async () => {
    await push('a', 1, 3, (id) => (id === '3' ? 'ACCEPTED' : 'GONE'));
    await push('b', 2, 1, () => 'GONE');
    await push('c', 3, 3, () => 'ACCEPTED');
    await ledger.close();
    const { host, port, database, login } = target;
    const db = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: new pg.Pool({ host, port, database, ...login }) }),
    });
    const seen = () =>
      query(
        target,
        'select id, state, planned::int, accepted::int, rejected::int from ledger.push_runs order by number',
      );
    const former = [
      { id: 'a', state: 'PARTIAL', planned: 3, accepted: 1, rejected: 2 },
      { id: 'b', state: 'FAILED', planned: 1, accepted: 0, rejected: 1 },
      { id: 'c', state: 'SUCCEEDED', planned: 3, accepted: 3, rejected: 0 },
    ];
    try {
      await gone.down?.(db);
      expect(await seen()).toEqual(former);
      await expect(query(target, "update ledger.push_results set state = 'GONE'")).rejects.toThrow('state_check');
      await gone.up(db);
      expect(await seen()).toEqual(former);
    } finally {
      await db.destroy();
    }
    ledger = openTestLedger(target);
    expect(await run('a')).toMatchObject({ counts: { accepted: 1, gone: 0, rejected: 2 }, goneWithValues: [] });
    // What the older version has recorded counts: this rejection is no news.
    await push('d', 4, 3, () => 'ACCEPTED');
    await push('e', 5, 3, (id) => (id === '1' ? 'REJECTED' : 'ACCEPTED'));
    await push('f', 6, 3, (id) => (id === '1' ? 'REJECTED' : 'ACCEPTED'));
    expect([(await run('e'))?.state, (await run('f'))?.state]).toEqual(['PARTIAL', 'SUCCEEDED']);
    expect((await everyReceipt(ledger)).map(({ version }) => version)).toEqual([4, 6, 6]);
  });

  test('need no scan of all results when the ledger is migrated, and their state is checked', async () => {
    await ledger.reads.countRuns({});
    const state = 'push_results_state_check';
    expect(await query(target, `select convalidated from pg_constraint where conname = '${state}'`)).toEqual([
      { convalidated: false },
    ]);
    await push('a', 1, 1, () => 'GONE');
    await expect(query(target, "update ledger.push_results set state = 'LOST'")).rejects.toThrow(state);
  });

  test('do not break an older version that delivers with the same ledger', async () => {
    await push('a', 1, 3, (id) => (id === '3' ? 'ACCEPTED' : 'GONE'));
    // Its statements name neither column. It takes over a run of which this version has settled a batch.
    await recordRun(ledger, { id: 'b', version: 2 }, plannedRows(4));
    const lease = await ledger.delivery.claim('new', 0);
    const batch = lease && (await ledger.delivery.nextBatch(lease, []));
    if (!batch) throw new Error('no batch');
    const results = batch.rows.map(
      ({ iterationId }): RowResult => ({ iterationId, state: 'GONE', code: unknownIterationCode, message: null }),
    );
    await ledger.delivery.settle(lease, batch, results);
    await query(
      target,
      `with ended as (
         insert into ledger.push_results (run_number, iteration_id, state) select number, 4, 'ACCEPTED'
         from ledger.push_runs where id = 'b' returning 1
       ) update ledger.push_runs set accepted = accepted + 1 from ended where id = 'b'`,
    );
    const finish = `update ledger.push_runs set finished_at = clock_timestamp(), lease_worker = null, lease_until = null,
      state = case when accepted + stale = planned then 'SUCCEEDED' when accepted > 0 then 'PARTIAL' else 'FAILED' end
      where id = 'b'`;
    await query(target, finish);
    expect(await run('b')).toMatchObject({ state: 'PARTIAL', counts: { accepted: 1, gone: 3, pending: 0 } });
  });
});
