import { attribute, attributionReason, projectDigest } from './attribute.ts';
import { type CsvSource, folderSource } from './csv/source.ts';
import { demoSource } from './demo/source.ts';
import { EmbeddedWarehouseError } from './errors.ts';
import { type DatabaseFolder, damaged, databaseFolder, prepareFolder } from './folder.ts';
import { loadTables } from './load.ts';
import { lockFolder } from './lock.ts';
import { prepareSocket, socketPort } from './socket-folder.ts';
import { dataVersion, readState } from './state.ts';
import { WorkerClient } from './worker-client.ts';

export { CsvFault, EmbeddedWarehouseError } from './errors.ts';

export interface EmbeddedWarehouse {
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

export interface EmbeddedOptions {
  readonly dataDir: string;
  /** A folder with the five CSV files; null for the demo data. */
  readonly csvFolder: string | null;
  /** The dbt project to run over the raw tables; null to leave them raw. */
  readonly dbtFolder: string | null;
  readonly now: () => Date;
  /** Told what is being done, for a person. */
  readonly report: (line: string) => void;
  /** Told when the database breaks down after it was opened: nothing can be answered from then on. */
  readonly onFailure: (error: EmbeddedWarehouseError) => void;
}

/** Opening a database, even after a crash, takes seconds; what takes this long is never going to answer. */
const openingMilliseconds = 120_000;

/**
 * Opens the warehouse in DATA_DIR, loads and attributes what has changed since the last time, and serves it on a Unix
 * socket. Throws an EmbeddedWarehouseError (a CsvFault for faulty files) where a person has to do something.
 */
export async function openEmbeddedWarehouse(options: EmbeddedOptions): Promise<EmbeddedWarehouse> {
  const source = options.csvFolder === null ? demoSource() : folderSource(options.csvFolder);
  const digest = options.dbtFolder === null ? null : projectDigest(options.dbtFolder);
  const folder = prepareFolder(options.dataDir);
  const lock = lockFolder(folder, options.now());
  let worker: WorkerClient | null = null;
  let isOpen = false;
  try {
    const files = databaseFolder(folder);
    worker = new WorkerClient((error) => {
      // Until it is open, whoever opens it hears of a failure as the opening's own.
      if (!isOpen) return;
      options.onFailure(new EmbeddedWarehouseError(`The embedded warehouse has stopped: ${error.message}`));
    });
    await bringUpToDate(worker, files, source, { ...options, digest });
    const socket = prepareSocket(folder);
    // Whoever connects comes to look: the next start would not notice what was written by hand.
    await worker.query('set default_transaction_read_only = on');
    await worker.listen(socket.path);
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

async function bringUpToDate(
  worker: WorkerClient,
  files: DatabaseFolder,
  source: CsvSource,
  options: EmbeddedOptions & { readonly digest: string | null },
): Promise<void> {
  const { report, now, dbtFolder, digest } = options;
  if (!files.exists) report('Making a new embedded warehouse (a few seconds)');
  const opening = open(worker, files);
  let loaded = false;
  if (files.exists) {
    await opening;
    const state = await readState(worker);
    if (state.data === dataVersion(await source.fingerprint())) report(`Data in place: ${source.name}`);
    else {
      await loadTables(worker, source, now(), report);
      loaded = true;
    }
  } else {
    // The worker answers in order: what is loaded now waits there for the opening. If that fails, it is the reason.
    for (const outcome of await Promise.allSettled([opening, loadTables(worker, source, now(), report)])) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    loaded = true;
  }
  if (dbtFolder === null || digest === null) return;
  const state = await readState(worker);
  const attributed = `${state.data} models ${digest}`;
  const reason = attributionReason(state, attributed, now());
  if (reason === null) return;
  const fullRefresh = loaded || state.attributed !== attributed;
  await attribute(worker, dbtFolder, { reason, attributed, fullRefresh, now }, report);
}

async function open(worker: WorkerClient, files: DatabaseFolder): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), openingMilliseconds);
  });
  try {
    await Promise.race([worker.open(files.path), tooLong]);
    files.created();
  } catch (error) {
    await worker.terminate();
    throw damaged(files.path, error instanceof Error ? error.message : String(error));
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
