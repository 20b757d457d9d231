import { type DeliveryLimits, defaultDeliveryLimits, defaultGuardLimits } from '../../src/config/push.ts';
import { type Ledger, openLedger } from '../../src/db/ledger/connect.ts';
import type { Warehouse } from '../../src/db/warehouse/connect.ts';
import { type OpenPushing, openPushing, type PushingOptions } from '../../src/push/index.ts';
import { pushSource } from '../../src/start/push-source.ts';
import { type LedgerServer, ledgerServers } from './ledger-stores.ts';

export interface TestPushingOptions extends Omit<PushingOptions, 'ledger' | 'delivery'> {
  readonly ledger: Ledger;
  readonly delivery: Partial<DeliveryLimits>;
}

/** Pushing for a service under test. By default its ledger is a new database, created when it is first used. */
export function openTestPushing(
  warehouse: Warehouse,
  { ledger: given, delivery, ...options }: Partial<TestPushingOptions> = {},
): OpenPushing & { readonly ledger: Ledger } {
  let server: Promise<LedgerServer> | null = null;
  const [[, startPglite]] = ledgerServers as typeof ledgerServers & readonly [(typeof ledgerServers)[number]];
  const ledger =
    given ??
    openLedger({
      openTarget: async () => {
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
    // The data of tests is old.
    limits: { ...defaultGuardLimits, buildMinutes: 1e8, mirrorMinutes: 1e8 },
    delivery: { ...defaultDeliveryLimits, ...delivery },
    requestMilliseconds: 5_000,
    onDelivered: () => {},
    onError: () => {},
    ...options,
  });
  return {
    ...pushing,
    ledger,
    close: async () => {
      await pushing.close();
      await ledger.close();
      await (await server)?.stop();
    },
  };
}
