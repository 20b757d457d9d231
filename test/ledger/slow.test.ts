import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { startProxy } from '../../local/tcp-proxy.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { type LedgerServer, ledgerServers, openTestLedger, plannedRows, query, recordRun } from '../support/ledgers.ts';

// A ledger that answers slowly.
const [, [, startPostgres]] = ledgerServers as typeof ledgerServers & Record<1, (typeof ledgerServers)[number]>;
let server: LedgerServer;
let target: LedgerTarget;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  target = await server.emptyLedger();
});

/** The service's sessions that match a condition. */
const sessions = (condition: string) =>
  query(
    target,
    `select query from pg_stat_activity where application_name = 'attribution-api' and datname = $1 and ${condition}`,
    [target.database],
  );

const work = {
  claim: (ledger) => ledger.delivery.claim('one', 60_000),
  renew: (ledger) => ledger.delivery.renew({ runId: 'a', worker: 'one', fence: 1 }, 60_000),
} satisfies Record<string, (ledger: ReturnType<typeof openTestLedger>) => Promise<unknown>>;

test.each(Object.keys(work) as (keyof typeof work)[])('the server ends a %s that timed out', async (name) => {
  // Longer than the test may take: this timeout does not end the statement.
  const statementMilliseconds = 3_600_000;
  const ledger = openTestLedger(target, {
    statementMilliseconds,
    deliveryMilliseconds: 200,
    renewalMilliseconds: 200,
  });
  await recordRun(ledger, { id: 'a' }, plannedRows(1));
  await withClient({ ...target, ...target.login }, async (other) => {
    await other.query('begin; lock table ledger.push_runs in access exclusive mode');
    await expect(work[name](ledger)).rejects.toBeInstanceOf(LedgerUnavailable);
    await vi.waitFor(async () => expect(await sessions(`state = 'active'`)).toEqual([]), { timeout: 10_000 });
    await other.query('commit');
  });
  const [run] = await query(target, 'select lease_worker from ledger.push_runs');
  expect(run).toEqual({ lease_worker: null });
  await ledger.close();
});

test('the sessions of each pool have its timeouts', async () => {
  const ledger = openTestLedger(target, { deliveryMilliseconds: 4_000, statementMilliseconds: 70_000 });
  await withClient({ ...target, ...target.login }, async (other) => {
    // A trigger records the settings of each session that writes.
    await ledger.reads.countRuns({});
    await other.query(`
      create table ledger.seen (settings text);
      create function ledger.see() returns trigger language plpgsql as $$ begin
        insert into ledger.seen values (concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout')));
        return new;
      end $$;
      create trigger see after insert or update on ledger.push_runs for each row execute function ledger.see()`);
  });
  const seen = async (work: () => Promise<unknown>) => {
    await query(target, 'truncate ledger.seen');
    await work();
    return (await query<{ settings: string }>(target, 'select distinct settings from ledger.seen')).map(
      (row) => row.settings,
    );
  };
  expect(await seen(() => recordRun(ledger, { id: 'a' }, plannedRows(1)))).toEqual(['70s 1min']);
  const lease = await ledger.delivery.claim('one', 60_000);
  if (!lease) throw new Error('no running run');
  expect(await seen(() => ledger.delivery.renew(lease, 60_000))).toEqual(['5400ms 0']);
  expect(await seen(() => ledger.pushes.cancel('a', 'ann'))).toEqual(['54s 0']);
  // The end of a run writes about all of its rows.
  expect(await seen(() => ledger.delivery.finish(lease, 'cancelled', null))).toEqual(['70s 0']);
  await ledger.close();
});

test('a session gets its settings once', async () => {
  let sent = '';
  const proxy = await startProxy(target.port, (bytes) => {
    sent += bytes.toString('latin1');
  });
  const ledger = openTestLedger({ ...target, port: proxy.port }, { maxConnections: 4 });
  const settings = async (work: () => Promise<unknown>) => {
    sent = '';
    for (let times = 0; times < 5; times += 1) await work();
    return sent.split('set_config').length - 1;
  };
  await ledger.reads.countRuns({});
  expect(await settings(() => ledger.reads.countRuns({}))).toBe(0);
  await ledger.delivery.claim('one', 1_000);
  expect(await settings(() => ledger.delivery.claim('one', 1_000))).toBe(0);
  expect(await settings(() => ledger.reads.countRuns({}))).toBe(0);
  await ledger.close();
  await proxy.cut();
});
