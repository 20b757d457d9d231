import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDeliveryLimits, defaultGuardLimits } from '../../src/config/push.ts';
import { type Ledger, type OpenTarget, openLedger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { Warehouse } from '../../src/db/warehouse/connect.ts';
import { openEmbeddedLedger } from '../../src/embedded/index.ts';
import { openPushing } from '../../src/push/index.ts';
import { pushSource } from '../../src/start/push-source.ts';
import { token } from './children.ts';

/** Opens an empty ledger: a database on a server, or the embedded one if `target` is null. */
export function openBenchLedger(target: LedgerTarget | null, batchRows: number): Ledger {
  return openLedger({
    openTarget: () => (target ? Promise.resolve({ target, close: async () => {} }) : openEmbedded()),
    batchRows,
    maxConnections: target ? 8 : 4,
    waitMilliseconds: 10_000,
    statementMilliseconds: 300_000,
    onConnectionLost: () => {},
  });
}

async function openEmbedded(): Promise<OpenTarget> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-push-'));
  const onFailure = (error: Error) => {
    throw error;
  };
  const store = await openEmbeddedLedger({ dataDir, now: () => new Date(), onFailure });
  const { user, ...place } = store.connection;
  return {
    target: { dialect: 'pglite', ...place, login: { user, password: '' }, tls: null },
    close: async () => {
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface PushTimes {
  /** Milliseconds until the run is in the ledger: planning and recording. */
  readonly recording: number;
  /** Milliseconds from then to the end of the run. */
  readonly delivery: number;
}

/**
 * Pushes all iterations with the service's own modules, and waits for the end of the run.
 *
 * @throws {Error} unless the run succeeds with one accepted row per iteration
 */
export async function pushAll(
  warehouse: Warehouse,
  ledger: Ledger,
  adsuiteUrl: string,
  iterations: number,
  concurrency: number,
): Promise<PushTimes> {
  const ended = Promise.withResolvers<number>();
  const pushing = openPushing({
    source: pushSource(warehouse),
    ledger,
    adsuite: { url: adsuiteUrl, token },
    limits: { ...defaultGuardLimits, buildMinutes: 1e8, mirrorMinutes: 1e8 },
    delivery: { ...defaultDeliveryLimits, concurrency },
    requestMilliseconds: 60_000,
    onHandedOver: () => {},
    onEnded: () => ended.resolve(performance.now()),
    onError: ended.reject,
  });
  try {
    const start = performance.now();
    const { id } = await pushing.push({
      selection: { iterationIds: null, strategyIds: null },
      planHash: null,
      dryRun: false,
      override: { reason: 'the mirror of a benchmark is never refreshed' },
      idempotencyKey: null,
      requestedBy: 'bench',
      isVerified: false,
      note: null,
      waitSeconds: 0,
    });
    const recorded = performance.now();
    const end = await ended.promise;
    const [run] = await ledger.reads.runsByIds([id]);
    if (run?.state !== 'SUCCEEDED' || run.counts.accepted !== iterations) throw new Error(JSON.stringify(run));
    return { recording: recorded - start, delivery: end - recorded };
  } finally {
    await pushing.close();
  }
}
