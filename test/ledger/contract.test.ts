import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { type DeliveryHarness, describeDeliveryStore } from '../support/delivery-store.ts';
import { describeGoneRows } from '../support/gone-suite.ts';
import { describeDoubtfulRows, describePushLedger } from '../support/ledger-suite.ts';
import {
  everyReceipt,
  everyRow,
  type LedgerServer,
  ledgerServers,
  openTestLedger,
  recordRun,
} from '../support/ledgers.ts';

describe.each(ledgerServers)('the ledger on %s', (name, start) => {
  let server: LedgerServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  describePushLedger(name, async () => {
    const ledger = openTestLedger(await server.emptyLedger());
    return {
      pushes: ledger.pushes,
      delivery: ledger.delivery,
      rows: (runId) => everyRow(ledger, runId),
      close: () => ledger.close(),
    };
  });

  const openDelivery = async (): Promise<DeliveryHarness> => {
    const ledger = openTestLedger(await server.emptyLedger());
    return {
      store: ledger.delivery,
      record: (version, rows, retryOf) =>
        recordRun(ledger, { id: randomUUID(), version, retryOf: retryOf ?? null }, rows),
      cancel: (runId) => ledger.pushes.cancel(runId, 'a test'),
      resume: (runId) => ledger.pushes.resume(runId, 'a test'),
      rows: (runId) => everyRow(ledger, runId),
      reason: async (runId) => (await ledger.reads.runsByIds([runId]))[0]?.finishReason ?? null,
      showsNextAttempt: async (runId) => ((await ledger.reads.runsByIds([runId]))[0]?.nextAttemptAt ?? null) !== null,
      receipts: () => everyReceipt(ledger),
      close: () => ledger.close(),
    };
  };
  describeDeliveryStore(name, openDelivery);
  describeDoubtfulRows(name, openDelivery);
  describeGoneRows(name, openDelivery);
});
