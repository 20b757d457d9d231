import { expect } from 'vitest';
import type { DeliveryLimits } from '../../../src/config/push.ts';
import type { Ledger } from '../../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../../src/db/ledger/target.ts';
import { type Sandbox, startSandbox } from '../../../src/embedded/sandbox/index.ts';
import type { TestDatabase } from '../database.ts';
import { openTestLedger } from '../ledger-stores.ts';
import type { TestPushingOptions } from '../pushing.ts';
import { serve, type TestService } from '../service.ts';
import { type Asked, askPush } from './ask.ts';
import { openGate, type Pass } from './gate.ts';
import type { heldOf } from './world.ts';

export const token = 'the-token-of-the-tests';

/** Failures cost no time to speak of, and are given up soon. */
export const fast: Partial<DeliveryLimits> = {
  attempts: 4,
  backoff: { baseMilliseconds: 1, capMilliseconds: 4 },
  retryBudget: { tokens: 10_000, perSecond: 1_000, perAnswer: 1 },
  breaker: { failures: 10_000, openMilliseconds: 1, capMilliseconds: 1 },
  checkMilliseconds: 5,
  pollMilliseconds: 20,
};

/** The service on a real port, with a ledger and an AdSuite that are empty at first. */
export interface PushStage extends Asked {
  readonly service: TestService;
  readonly sandbox: Sandbox;
  readonly ledger: Ledger;
  /** AdSuite holds exactly these rows, each applied once per version, and the receipts say the same. */
  holds(expected: readonly ReturnType<typeof heldOf>[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens it over a warehouse and a ledger's database that stand.
 *
 * @param pass decides when requests to AdSuite and its answers go on; absent: at once.
 */
export async function openPushStage(
  database: TestDatabase,
  target: LedgerTarget,
  pushing: Partial<TestPushingOptions> = {},
  pass?: Pass,
): Promise<PushStage> {
  const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const gate = pass ? await openGate(sandbox.url, pass) : null;
  const ledger = openTestLedger(target);
  const adsuite = { url: gate?.url ?? sandbox.url, token };
  const service = await serve(database.target, {}, {}, { ledger, adsuite, delivery: fast, ...pushing });
  const asked = askPush(service.url);
  return {
    ...asked,
    service,
    sandbox,
    ledger,
    holds: async (expected) => {
      expectHeld(sandbox, expected);
      const receipts = await asked.receipts();
      expect(Object.fromEntries(receipts)).toEqual(
        Object.fromEntries(expected.map(({ iterationId, strategyId: _, ...rest }) => [iterationId, rest])),
      );
    },
    close: async () => {
      await service.close();
      await gate?.close();
      await sandbox.close();
    },
  };
}

/** AdSuite holds exactly these rows; no effect came twice, neither under one key nor of one version, and the newest is last. */
export function expectHeld(sandbox: Sandbox, expected: readonly ReturnType<typeof heldOf>[]): void {
  expect(sandbox.ids().map((id) => sandbox.held(id))).toEqual(expected);
  for (const { iterationId, version } of expected) {
    const effects = sandbox.effects(iterationId);
    const versions = effects.map((effect) => effect.version);
    expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
    expect(versions.at(-1)).toBe(version);
    expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length);
  }
}
