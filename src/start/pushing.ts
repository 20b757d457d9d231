import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/index.ts';
import type { LedgerConfig } from '../config/ledger.ts';
import type { Ledger, LedgerStatus } from '../db/ledger/connect.ts';
import type { LedgerTarget } from '../db/ledger/target.ts';
import type { PoolState } from '../db/observation.ts';
import type { WarehouseTarget } from '../db/warehouse/pool.ts';
import { openEmbeddedLedger } from '../embedded/index.ts';
import { startKeptSandbox } from '../embedded/sandbox/kept.ts';
import { type LedgerPlace, migrateBeforeUse, openLoggedLedger, sharesOfLedger } from './open-ledger.ts';
import { sharesOfWarehouse } from './open-warehouse.ts';
import { openPushThread, type PushThread } from './push-thread/open-push-thread.ts';
import type { Start } from './start.ts';

export interface StartedPushing {
  readonly pushing: PushThread;
  /** The ledger as requests use it in this thread: they read it, and save queries. */
  readonly ledger: Pick<Ledger, 'reads' | 'savedQueries'>;
  /** The ledger and its connections, with those of the thread of pushes. */
  readonly ledgerStatus: LedgerStatus;
}

/** Opens the ledger, AdSuite or the sandbox, and the thread of pushes, which is started if there may be an unfinished run. */
export async function startPushing(config: Config, warehouse: WarehouseTarget, start: Start): Promise<StartedPushing> {
  const { push, staleAfterMinutes, telemetry, ledger: ledgerConfig } = config;
  const place = ledgerPlace(ledgerConfig, start);
  const shares = sharesOfLedger(ledgerConfig);
  const ledger = openLoggedLedger({
    place: place.find,
    push,
    maxConnections: shares.reads,
    onlyReads: true,
    statusOpens: place.isUsed,
    logger: start.logger,
    telemetry: start.telemetry,
  });
  start.closing.add(() => ledger.close());
  const pushing = openPushThread({
    input: {
      push,
      staleAfterMinutes,
      warehouse: { target: warehouse, limits: sharesOfWarehouse(config.warehouse.limits).pushes },
      ledgerConnections: shares.pushes,
      adsuite: await adsuiteOf(config, start),
      traces: telemetry.traces,
    },
    ledgerPlace: place.find,
    logger: start.logger,
    metrics: start.telemetry.metrics,
    tracing: start.telemetry.tracing,
  });
  start.closing.add(() => pushing.close());
  // An embedded ledger that does not exist yet has no unfinished run. The first push creates it.
  if (ledgerConfig.kind === 'server' || existsSync(join(ledgerConfig.dataDir, 'ledger'))) {
    // While the thread starts. A failure is reported when the ledger is used.
    place.find().catch(() => undefined);
    pushing.resume();
  }
  const pools = () => inAllThreads([...ledger.status.pools(), ...pushing.pools('ledger')]);
  return { pushing, ledger, ledgerStatus: { backlog: () => ledger.status.backlog(), pools } };
}

/** The connections of all threads, by pool. */
export const inAllThreads = (pools: readonly PoolState[]): PoolState[] =>
  [...Map.groupBy(pools, ({ name }) => name)].map(([name, same]) => {
    const sum = (of: (pool: PoolState) => number) => same.reduce((total, pool) => total + of(pool), 0);
    return {
      name,
      max: sum(({ max }) => max),
      inUse: sum(({ inUse }) => inUse),
      idle: sum(({ idle }) => idle),
      waiting: sum(({ waiting }) => waiting),
    };
  });

/** Where the ledger is. An embedded one is started and migrated when it is first asked for, and serves all threads. */
function ledgerPlace(config: LedgerConfig, { onFailure, closing, logger }: Start) {
  if (config.kind === 'server') {
    const target: LedgerTarget = { dialect: 'postgres', ...config.address };
    return { find: async (): Promise<LedgerPlace> => ({ target }), isUsed: () => true };
  }
  let opening: Promise<LedgerTarget> | null = null;
  // A failed opening counts: then the ledger is down, not unused.
  let isUsed = false;
  const open = async (): Promise<LedgerTarget> => {
    const embedded = await openEmbeddedLedger({ dataDir: config.dataDir, now: () => new Date(), onFailure });
    const { host, port, database, user } = embedded.connection;
    embeddedStores.push(embedded);
    return { dialect: 'pglite', host, port, database, login: { user, password: '' }, tls: null };
  };
  const embeddedStores: { close(): Promise<void> }[] = [];
  closing.add(async () => {
    await opening?.catch(() => undefined);
    for (const store of embeddedStores) await store.close();
  });
  let migrating: Promise<void> | null = null;
  // A failure is not kept: the next operation tries again.
  const migrated = (target: LedgerTarget) => {
    migrating ??= migrateBeforeUse(target, logger).catch((error) => {
      migrating = null;
      throw error;
    });
    return migrating;
  };
  return {
    find: async (): Promise<LedgerPlace> => {
      isUsed = true;
      opening ??= open().catch((error) => {
        opening = null;
        throw error;
      });
      const target = await opening;
      await migrated(target);
      return { target, isMigrated: true };
    },
    isUsed: () => isUsed,
  };
}

/** The AdSuite to push to; null: none. */
async function adsuiteOf(
  { adsuite, ledger }: Config,
  { say, closing }: Start,
): Promise<{ readonly url: string; readonly token: string } | null> {
  if (adsuite.kind === 'server') return { url: adsuite.url, token: adsuite.token };
  if (adsuite.kind === 'none' || ledger.kind !== 'embedded') return null;
  const { sandbox, token } = await startKeptSandbox(join(ledger.dataDir, 'sandbox'));
  closing.add(() => sandbox.close());
  say(`AdSuite   ${sandbox.url}/sandbox/requests (a sandbox; docs/sandbox.md)`);
  return { url: sandbox.url, token };
}
