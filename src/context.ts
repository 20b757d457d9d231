import { createLedgerLoaders, type LedgerLoaders } from './db/ledger/loaders.ts';
import type { BuildWatch } from './db/warehouse/build-watch.ts';
import type { Warehouse } from './db/warehouse/connect.ts';
import { createLoaders, type WarehouseLoaders } from './db/warehouse/loaders.ts';
import type { FreshnessLimits } from './domain/freshness.ts';
import type { Pushing } from './push/index.ts';

/** What a resolver may touch. Made anew for each request. */
export interface Context {
  /** The warehouse, its look-ups batched within this request. */
  readonly loaders: WarehouseLoaders;
  /** The return flow to AdSuite. */
  readonly push: Pushing;
  /** What was pushed, its look-ups batched within this request. */
  readonly pushes: LedgerLoaders;
  /** The present, for ages of data. */
  readonly now: () => Date;
  /** How old the data may be before it counts as stale. */
  readonly staleAfterMinutes: FreshnessLimits;
}

export interface ContextOptions extends Omit<Context, 'loaders' | 'pushes'> {
  readonly warehouse: Warehouse;
  readonly newestBuild: BuildWatch;
}

export function createContext({ warehouse, newestBuild, ...rest }: ContextOptions): Context {
  return {
    ...rest,
    loaders: createLoaders(warehouse, newestBuild),
    pushes: createLedgerLoaders(rest.push.ledger),
  };
}
