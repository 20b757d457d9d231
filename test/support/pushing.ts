import { openLedger } from '../../src/db/ledger/connect.ts';
import type { Warehouse } from '../../src/db/warehouse/connect.ts';
import { defaultGuardLimits } from '../../src/push/guards/build.ts';
import { type OpenPushing, openPushing, type PushingOptions } from '../../src/push/index.ts';
import { pushSource } from '../../src/push/plan/source.ts';
import { type LedgerServer, ledgerServers } from './ledger-stores.ts';

/** The return flow of a service under test: its ledger is a database of its own, made when it is first needed. */
export function openTestPushing(warehouse: Warehouse, options: Partial<PushingOptions> = {}): OpenPushing {
  let server: Promise<LedgerServer> | null = null;
  const [[, startPglite]] = ledgerServers as typeof ledgerServers & readonly [(typeof ledgerServers)[number]];
  const ledger = openLedger({
    reach: async () => {
      server ??= startPglite();
      return { target: await (await server).emptyLedger(), close: async () => {} };
    },
    maxConnections: 4,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onConnectionLost: () => {},
    batchRows: 500,
  });
  const pushing = openPushing({
    source: pushSource(warehouse),
    ledger,
    adsuite: null,
    // The worlds of tests lie in a past of their own.
    limits: { ...defaultGuardLimits, buildMinutes: 1e8, mirrorMinutes: 1e8 },
    delivery: {},
    requestMilliseconds: 5_000,
    onDelivered: () => {},
    onFault: () => {},
    ...options,
  });
  return {
    ...pushing,
    close: async () => {
      await pushing.close();
      await (options.ledger ?? ledger).close();
      await (await server)?.stop();
    },
  };
}
