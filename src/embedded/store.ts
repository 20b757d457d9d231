import { EmbeddedStoreError } from './embedded-error.ts';
import { builtEmptyDatabase } from './empty-database.ts';
import { type DatabaseFolder, damaged, databaseFolder, prepareFolder } from './folder.ts';
import { lockFolder } from './lock.ts';
import { prepareSocket, socketPort } from './socket-folder.ts';
import type { EmbeddedStoreKind } from './store-kind.ts';
import { WorkerClient } from './worker-client.ts';

export interface EmbeddedStore {
  /** For `pg`; `host` is the folder of a Unix socket. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** Disconnects the clients, closes the database and releases the data folder. May be called more than once. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly now: () => Date;
  /** Called if the database fails after it was opened. It can't be used any more. */
  readonly onFailure: (error: EmbeddedStoreError) => void;
}

/** Time limit of opening a database; it normally takes seconds, even after a crash. */
const openingMilliseconds = 120_000;

/**
 * Opens a store in its folder of DATA_DIR and serves it on a Unix socket.
 *
 * @param fill opens the database (see `openDatabase`) and prepares it for serving.
 * @throws {EmbeddedStoreError} if the operator has to act.
 */
export async function openEmbeddedStore(
  kind: EmbeddedStoreKind,
  options: StoreOptions,
  fill: (worker: WorkerClient, files: DatabaseFolder) => Promise<void>,
): Promise<EmbeddedStore> {
  const folder = prepareFolder(options.dataDir, kind);
  const lock = lockFolder(folder, options.now());
  let worker: WorkerClient | null = null;
  let isOpen = false;
  try {
    const files = databaseFolder(folder, kind);
    worker = new WorkerClient(kind.name, (error) => {
      // Before that, `fill` fails with the same error.
      if (!isOpen) return;
      options.onFailure(new EmbeddedStoreError(`The embedded ${kind.name} has stopped: ${error.message}`));
    });
    await fill(worker, files);
    const socket = prepareSocket(folder);
    await worker.listen(socket.path, kind.serving);
    isOpen = true;
    return {
      connection: { host: socket.folder, port: socketPort, user: 'postgres', database: 'postgres' },
      close: closeOnce(worker, () => {
        socket.remove();
        lock.release();
      }),
    };
  } catch (error) {
    await worker?.terminate();
    lock.release();
    throw error;
  }
}

/** Opens the database in these files, and creates it if it is missing. */
export async function openDatabase(
  worker: WorkerClient,
  files: DatabaseFolder,
  kind: EmbeddedStoreKind,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not respond')), openingMilliseconds);
  });
  try {
    await Promise.race([worker.open(files.path, files.exists ? null : builtEmptyDatabase()), tooLong]);
    files.created();
  } catch (error) {
    await worker.terminate();
    throw damaged(files.path, error instanceof Error ? error.message : String(error), kind);
  } finally {
    clearTimeout(timer);
  }
}

function closeOnce(worker: WorkerClient, after: () => void): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    closing ??= worker.close().finally(after);
    return closing;
  };
}
