import { afterAll, beforeAll, describe } from 'vitest';
import type { Ledger } from '../../src/db/ledger/connect.ts';
import type { RowResult } from '../../src/push/types.ts';
import { type LedgerServer, ledgerServers, openTestLedger } from '../support/ledgers.ts';
import type { Outcome, TestLedger, TestRow } from '../support/push-doubles.ts';
import { describePushService } from '../support/push-service-suite.ts';

describe.each(ledgerServers)('%s', (name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  describePushService(`a ledger in ${name}`, async () => testLedger(openTestLedger(await server.emptyLedger())));
});

function testLedger(ledger: Ledger): TestLedger {
  return {
    ledger: ledger.pushes,
    rowsOf: async (runId) => {
      const version = (await ledger.pushes.find(runId))?.build.version ?? 0;
      const pages = await ledger.reads.rowPages([runId], null, { first: 1_000, after: null });
      return (pages.get(runId)?.rows ?? []).map((row): TestRow => ({ ...row, version }));
    },
    findingsOf: async (runId) => (await ledger.reads.runsByIds([runId]))[0]?.findings ?? [],
    deliver: (runId, outcome) => deliver(ledger, runId, outcome),
    close: () => ledger.close(),
  };
}

/** A worker without a network: AdSuite's words are the test's. */
async function deliver({ delivery }: Ledger, runId: string, outcome: Outcome = () => 'ACCEPTED'): Promise<void> {
  const lease = await delivery.claim('test', 60_000);
  if (lease?.runId !== runId) throw new Error(`${runId} is not running, ${lease?.runId} is`);
  const { isCancelled } = await delivery.progress(lease);
  if (isCancelled) {
    await delivery.finish(lease, 'cancelled', null);
    return;
  }
  for (;;) {
    const batch = await delivery.nextBatch(lease, []);
    if (batch === null) break;
    await delivery.recordAttempt(lease, batch);
    const results = batch.rows.map(
      (row): RowResult => ({
        ...{ iterationId: row.iterationId, state: outcome(row), code: null, message: null },
      }),
    );
    await delivery.settle(lease, batch, results);
  }
  await delivery.finish(lease, 'done', null);
}
