import type { Warehouse } from './db/warehouse/connect.ts';
import { createLoaders, type WarehouseLoaders } from './db/warehouse/loaders.ts';

/** What a resolver may touch. Made anew for each request. */
export interface Context {
  /** The warehouse, its look-ups batched within this request. */
  readonly loaders: WarehouseLoaders;
  /** The present, for ages of data. */
  readonly now: () => Date;
  /** How old the data may be before it counts as stale, in minutes. */
  readonly staleAfterMinutes: number;
}

export interface ContextOptions extends Omit<Context, 'loaders'> {
  readonly warehouse: Warehouse;
}

export function createContext({ warehouse, ...rest }: ContextOptions): Context {
  return { ...rest, loaders: createLoaders(warehouse) };
}
