import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { IterationMetrics } from '../../adsuite-contract.ts';
import { codeOf, EmbeddedStoreError, reasonOf } from '../embedded-error.ts';
import { lockFolder } from '../lock.ts';
import { type FaultInput, type FaultState, Faults } from './faults.ts';
import { type Effect, MetricsStore } from './metrics-store.ts';
import { RequestLog, type RequestRecord } from './request-log.ts';
import { createSandboxServer } from './server.ts';
import { openStateFile } from './state-file.ts';

export type { FaultInput } from './faults.ts';
export type { Effect } from './metrics-store.ts';
export type { RequestRecord } from './request-log.ts';

export interface SandboxOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** The bearer token that clients must send. */
  readonly token: string;
  /** The folder for its state, created if missing; null keeps the state in memory only. */
  readonly folder: string | null;
  readonly now: () => Date;
}

/** A running AdSuite sandbox. */
export interface Sandbox {
  /** For ADSUITE_URL: http://127.0.0.1:port */
  readonly url: string;
  /** The row held for an iteration. */
  held(iterationId: string): IterationMetrics | undefined;
  /** Ids of all held rows, in numeric order. */
  ids(): readonly string[];
  /** All changes of an iteration, oldest first, including those before a restart. */
  effects(iterationId: string): readonly Effect[];
  /** The latest requests to the contract's endpoint, oldest first. */
  requests(): readonly RequestRecord[];
  /** Replaces the active faults; an empty list removes all. */
  setFaults(faults: readonly FaultInput[]): void;
  faults(): readonly FaultState[];
  /** Closes all connections and releases the folder. May be called twice. */
  close(): Promise<void>;
}

const maxLoggedRequests = 10_000;

/**
 * Starts a server on loopback that implements contracts/adsuite-metrics.openapi.yaml in AdSuite's place, keeps its state and
 * injects faults on request.
 *
 * @throws {EmbeddedStoreError} if the port or the folder can't be used.
 */
export async function startSandbox({ port, token, folder, now }: SandboxOptions): Promise<Sandbox> {
  const store = new MetricsStore();
  const faults = new Faults();
  const log = new RequestLog(maxLoggedRequests);
  const file = folder === null ? null : await openState(folder, store, now());
  const server = createSandboxServer({ token, store, faults, log, write: (entry) => file?.append(entry) });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  } catch (error) {
    file?.close();
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new EmbeddedStoreError(`Port ${port} for the AdSuite sandbox is in use by another process.`);
  }
  let closing: Promise<void> | null = null;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held: (iterationId) => store.held(iterationId),
    ids: () => store.ids(),
    effects: (iterationId) => store.effects(iterationId),
    requests: () => log.list(),
    setFaults: (given) => faults.set(given),
    faults: () => faults.list(),
    close() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }).finally(() => file?.close());
      return closing;
    },
  };
}

async function openState(folder: string, store: MetricsStore, now: Date) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new EmbeddedStoreError(`The AdSuite sandbox can't use ${folder} (${reasonOf(error)}).`);
  }
  const lock = lockFolder(folder, now);
  try {
    const file = await openStateFile(join(folder, 'state.jsonl'), (entry) => store.apply(entry));
    return {
      append: file.append,
      close() {
        file.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
