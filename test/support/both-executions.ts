import { loadConfig } from '../../src/config/index.ts';
import { serve, type TestService } from './service.ts';
import type { TestDatabase } from './warehouses.ts';

/** Two services on one warehouse: one compiles every operation, the other none. Their answers must be equal. */
export type BothExecutions = readonly [compiled: TestService, interpreted: TestService];

export async function serveBothExecutions({ target }: TestDatabase): Promise<BothExecutions> {
  const { limits } = loadConfig({});
  const open = (compileAfter: number) => serve(target, { limits: { ...limits, compileAfter } });
  return [await open(0), await open(1_000_000)];
}
