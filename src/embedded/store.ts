import { EmbeddedStoreError } from './embedded-error.ts';
import { type DatabaseFolder, damaged, databaseFolder, prepareFolder } from './folder.ts';
import { lockFolder } from './lock.ts';
import { prepareSocket, socketPort } from './socket-folder.ts';
import type { EmbeddedStoreKind } from './store-kind.ts';
import { WorkerClient } from './worker-client.ts';

export interface EmbeddedStore {
  /** For `pg`: `host` is the folder of a Unix socket. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** Cuts the clients off, closes the database and gives the data folder free. Can be called twice. */
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly dataDir: string;
  readonly now: () => Date;
  /** Told when the database breaks down after it was opened: nothing can be answered from then on. */
  readonly onFailure: (error: EmbeddedStoreError) => void;
}

/** Opening a database, even after a crash, takes seconds; what takes this long is never going to answer. */
const openingMilliseconds = 120_000;

/**
 * Opens a store in its folder of DATA_DIR and serves it on a Unix socket.
 *
 * @param fill opens the database (see `openDatabase`), and makes it what it has to be before it is served.
 * @throws {EmbeddedStoreError} where a person has to do something.
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
      // Until it is open, whoever opens it hears of a failure as the opening's own.
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

/** Opens the database in these files, which makes it where there is none. */
export async function openDatabase(
  worker: WorkerClient,
  files: DatabaseFolder,
  kind: EmbeddedStoreKind,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), openingMilliseconds);
  });
  try {
    await Promise.race([worker.open(files.path), tooLong]);
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
