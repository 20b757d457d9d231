import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/index.ts';
import { defaultDeliveryLimits, defaultGuardLimits } from '../../src/config/push.ts';
import { type Ledger, type OpenTarget, openLedger } from '../../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { Warehouse } from '../../src/db/warehouse/connect.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { openEmbeddedLedger } from '../../src/embedded/index.ts';
import { openPushing } from '../../src/push/index.ts';
import { pushSource } from '../../src/start/push-source.ts';
import { openPushThread } from '../../src/start/push-thread/open-push-thread.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
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

/** Starts the embedded ledger in a new folder. */
export async function openEmbedded(): Promise<OpenTarget> {
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

const everything = {
  selection: { iterationIds: null, strategyIds: null },
  planHash: null,
  dryRun: false,
  override: { reason: 'the mirror of a benchmark is never refreshed' },
  idempotencyKey: null,
  requestedBy: 'bench',
  isVerified: false,
  note: null,
  waitSeconds: 0,
};

async function checkEnd(ledger: Ledger, id: string, iterations: number): Promise<void> {
  const [run] = await ledger.reads.runsByIds([id]);
  if (run?.state !== 'SUCCEEDED' || run.counts.accepted !== iterations) throw new Error(JSON.stringify(run));
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
    const { id } = await pushing.push(everything);
    const recorded = performance.now();
    const end = await ended.promise;
    await checkEnd(ledger, id, iterations);
    return { recording: recorded - start, delivery: end - recorded };
  } finally {
    await pushing.close();
  }
}

export interface ThreadPush {
  readonly warehouse: WarehouseTarget;
  readonly ledger: LedgerTarget;
  readonly url: string;
  readonly iterations: number;
  readonly batchRows: number;
  readonly concurrency: number;
}

/** The same in the service's thread of pushes. `ledger` reads it in this thread. */
export async function pushAllInThread(ledger: Ledger, input: ThreadPush): Promise<PushTimes> {
  const { push, staleAfterMinutes } = loadConfig({});
  const { batchRows, concurrency, iterations } = input;
  const pushing = openPushThread({
    input: {
      push: { ...push, batchRows, delivery: { ...push.delivery, concurrency } },
      staleAfterMinutes: { ...staleAfterMinutes, build: 1e8, mirror: 1e8 },
      warehouse: { target: input.warehouse, limits: { connections: 2, waitSeconds: 10, statementSeconds: 120 } },
      ledgerConnections: 8,
      adsuite: { url: input.url, token },
      traces: null,
    },
    ledgerPlace: async () => ({ target: input.ledger }),
    logger: { info: () => {}, warn: console.log, error: console.log },
    metrics: createTelemetry().metrics,
    tracing: null,
  });
  try {
    const start = performance.now();
    const { id } = await pushing.push(everything);
    const recorded = performance.now();
    // Waits for the end of the run.
    const requester = { requestedBy: 'bench', isVerified: false, note: null, waitSeconds: 1e6 };
    await pushing.resumeRun(id, requester);
    const end = performance.now();
    await checkEnd(ledger, id, iterations);
    return { recording: recorded - start, delivery: end - recorded };
  } finally {
    await pushing.close();
  }
}
