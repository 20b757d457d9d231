import type { Caller } from './auth/caller.ts';
import type { LedgerReads } from './db/ledger/connect.ts';
import { createLedgerLoaders, type LedgerLoaders } from './db/ledger/loaders.ts';
import type { BuildWatch } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { createLoaders, type WarehouseLoaders } from './db/warehouse/loaders.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import type { RequestOutcome } from './http/request-outcome.ts';
import type { Pushing } from './push/index.ts';

/** What resolvers have access to. Created for each request. */
export interface Context {
  /** Who sent the request. */
  readonly caller: Caller;
  /** Its id in the log. */
  readonly requestId: string;
  /** What metrics and traces say about it. */
  readonly outcome: RequestOutcome;
  /** The warehouse, with look-ups batched within the request. */
  readonly loaders: WarehouseLoaders;
  /** Pushes of metrics to AdSuite. */
  readonly push: Pushing;
  /** The ledger of pushes, to list runs. */
  readonly ledger: LedgerReads;
  /** The ledger of pushes, with look-ups batched within the request. */
  readonly pushes: LedgerLoaders;
  readonly now: () => Date;
  readonly staleAfterMinutes: FreshnessLimits;
}

export interface ContextOptions extends Omit<Context, 'loaders' | 'pushes'> {
  readonly warehouse: Warehouse;
  readonly builds: BuildWatch;
}

export function createContext({ warehouse, builds, ...rest }: ContextOptions): Context {
  return {
    ...rest,
    loaders: createLoaders(warehouse, builds),
    pushes: createLedgerLoaders(rest.ledger),
  };
}
