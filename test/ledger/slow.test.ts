import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { withClient } from '../../local/postgres/client.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerUnavailable } from '../../src/errors.ts';
import { recordRun } from '../support/ledger-runs.ts';
import { type LedgerServer, ledgerServers, openTestLedger, query } from '../support/ledger-stores.ts';
import { startProxy } from '../support/proxy.ts';
import { plannedRows } from '../support/push-rows.ts';

// A ledger that is there, and slow.
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

/** What the service's sessions are at. */
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

test.each(Object.keys(work) as (keyof typeof work)[])('a %s that nobody waits for ends there too', async (name) => {
  // Far longer than the test may take: it is not what ends the statement.
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

test('a session is told of another limit only where it changes', async () => {
  let sent = '';
  const way = await startProxy(target.port, (bytes) => {
    sent += bytes.toString('latin1');
  });
  const ledger = openTestLedger({ ...target, port: way.port }, { maxConnections: 1 });
  const told = async (ask: () => Promise<unknown>) => {
    sent = '';
    for (let times = 0; times < 5; times += 1) await ask();
    return sent.split(`set_config('statement_timeout'`).length - 1;
  };
  await ledger.reads.countRuns({});
  expect(await told(() => ledger.reads.countRuns({}))).toBe(0);
  expect(await told(() => ledger.delivery.claim('one', 1_000))).toBe(1);
  expect(await told(() => ledger.delivery.claim('one', 1_000))).toBe(0);
  expect(await told(() => ledger.reads.countRuns({}))).toBe(1);
  await ledger.close();
  await way.cut();
});
