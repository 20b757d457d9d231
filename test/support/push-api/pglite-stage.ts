import { afterAll, afterEach, beforeAll } from 'vitest';
import type { LedgerTarget } from '../../../src/db/ledger/target.ts';
import { type LedgerServer, ledgerServers } from '../ledger-stores.ts';
import type { TestPushingOptions } from '../pushing.ts';
import type { Pass } from './gate.ts';
import { openPushStage, type PushStage } from './stage.ts';
import { PushWarehouse } from './world.ts';

/** A warehouse for the tests of a file, and for each test that asks a stage with an empty ledger on PGlite. */
export function stagesOf(iterations: number) {
  let server: LedgerServer;
  let warehouse: PushWarehouse;
  let target: LedgerTarget;
  let stages: PushStage[] = [];
  beforeAll(async () => {
    const [[, startPglite]] = ledgerServers as typeof ledgerServers & readonly [(typeof ledgerServers)[number]];
    [warehouse, server] = await Promise.all([PushWarehouse.open(iterations), startPglite()]);
  });
  afterEach(async () => {
    for (const stage of stages) await stage.close();
    stages = [];
  });
  afterAll(async () => {
    await server.stop();
    await warehouse.database.close();
  });
  return {
    warehouse: () => warehouse,
    open: async (options: Partial<TestPushingOptions> = {}, pass?: Pass): Promise<PushStage> => {
      // A ledger that is given is that of a stage before this one.
      if (!options.ledger) target = await server.emptyLedger();
      const stage = await openPushStage(warehouse.database, target, options, pass);
      stages.push(stage);
      return stage;
    },
    /** The last stage's ledger, in a service of its own with another AdSuite, once that stage is closed. */
    withAnotherAdsuite: async (last: PushStage): Promise<PushStage> => {
      await last.close();
      const stage = await openPushStage(warehouse.database, target);
      stages = [...stages.filter((each) => each !== last), stage];
      return stage;
    },
  };
}
