import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { IterationMetrics } from '../../adsuite-api.ts';
import { codeOf, EmbeddedStoreError, reasonOf } from '../embedded-error.ts';
import { lockFolder } from '../lock.ts';
import { Book, type Effect } from './book.ts';
import { type FaultInput, type FaultState, Faults } from './faults.ts';
import { Journal, type RequestRecord } from './journal.ts';
import { createSandboxServer } from './server.ts';
import { openStateFile } from './state-file.ts';

export type { Effect } from './book.ts';
export type { FaultInput } from './faults.ts';
export type { RequestRecord } from './journal.ts';

export interface SandboxOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** The bearer token that it takes. */
  readonly token: string;
  /** A folder of its own for what it took, made where it is missing; null: in memory alone. */
  readonly folder: string | null;
  readonly now: () => Date;
}

/** A running AdSuite sandbox. */
export interface Sandbox {
  /** For ADSUITE_URL: http://127.0.0.1:port */
  readonly url: string;
  /** The row that is held of an iteration. */
  held(iterationId: string): IterationMetrics | undefined;
  /** Ids of all rows that are held, in the order of numbers. */
  ids(): readonly string[];
  /** Every change of an iteration, oldest first, over restarts. */
  effects(iterationId: string): readonly Effect[];
  /** The last requests under the contract, oldest first. */
  requests(): readonly RequestRecord[];
  /** Replaces the faults that are switched on; an empty list switches all off. */
  setFaults(faults: readonly FaultInput[]): void;
  faults(): readonly FaultState[];
  /** Cuts its clients off, and gives the folder free. Can be called twice. */
  close(): Promise<void>;
}

const requestsKept = 10_000;

/**
 * Starts a stand-in for AdSuite on loopback. It does what contracts/adsuite-metrics.openapi.yaml says, remembers what it
 * took, and fails in the ways that it is told to.
 *
 * @throws {EmbeddedStoreError} where the port or the folder can't be used.
 */
export async function startSandbox({ port, token, folder, now }: SandboxOptions): Promise<Sandbox> {
  const book = new Book();
  const faults = new Faults();
  const journal = new Journal(requestsKept);
  const store = folder === null ? null : await openStore(folder, book, now());
  const server = createSandboxServer({ token, book, faults, journal, write: (entry) => store?.append(entry) });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  } catch (error) {
    store?.close();
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new EmbeddedStoreError(`Port ${port} for the AdSuite sandbox is in use by another process.`);
  }
  let closing: Promise<void> | null = null;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held: (iterationId) => book.held(iterationId),
    ids: () => book.ids(),
    effects: (iterationId) => book.effects(iterationId),
    requests: () => journal.list(),
    setFaults: (given) => faults.set(given),
    faults: () => faults.list(),
    close() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }).finally(() => store?.close());
      return closing;
    },
  };
}

async function openStore(folder: string, book: Book, now: Date) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new EmbeddedStoreError(`The AdSuite sandbox can't use ${folder} (${reasonOf(error)}).`);
  }
  const lock = lockFolder(folder, now);
  try {
    const file = await openStateFile(join(folder, 'state.jsonl'), (entry) => book.take(entry));
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
