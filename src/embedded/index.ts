import { attribute, attributionReason, projectDigest } from './attribute.ts';
import {
  changesRecord,
  embeddedChangeStatements,
  type OriginChange,
  originChangeLines,
  vacuumKeptRecordsStatement,
} from './build-records.ts';
import { type CsvSource, folderSource } from './csv/source.ts';
import { currentDemoSource } from './demo/source.ts';
import type { DatabaseFolder } from './folder.ts';
import { loadTables } from './load.ts';
import { attributingStatement, dataVersion, movedStatement, readState } from './state.ts';
import { type EmbeddedStore, openDatabase, openEmbeddedStore, type StoreOptions } from './store.ts';
import { embeddedLedger, embeddedWarehouse } from './store-kind.ts';
import type { WorkerClient } from './worker-client.ts';

export { InvalidCsvError } from './csv/csv-faults.ts';
export { EmbeddedStoreError } from './embedded-error.ts';
export type { EmbeddedStore } from './store.ts';

export interface EmbeddedOptions extends StoreOptions {
  /** The folder of the five CSV files; null for the demo data. */
  readonly csvFolder: string | null;
  /** The dbt project to run on the raw tables; null to skip attribution. */
  readonly dbtFolder: string | null;
  /** Called with lines of progress, for display. */
  readonly report: (line: string) => void;
}

/**
 * Opens the warehouse in DATA_DIR, loads and attributes what has changed since the last start, and serves it on a Unix
 * socket.
 *
 * @throws {EmbeddedStoreError} if the operator has to act; {InvalidCsvError} for CSV files with faults.
 */
export async function openEmbeddedWarehouse(options: EmbeddedOptions): Promise<EmbeddedStore> {
  const folder = options.csvFolder === null ? null : folderSource(options.csvFolder);
  const sourceAfter = (loaded: string | null) => folder ?? currentDemoSource(loaded, options.now());
  const digest = options.dbtFolder === null ? null : projectDigest(options.dbtFolder);
  return openEmbeddedStore(embeddedWarehouse, options, (worker, files) =>
    bringUpToDate(worker, files, sourceAfter, { ...options, digest }),
  );
}

async function bringUpToDate(
  worker: WorkerClient,
  files: DatabaseFolder,
  sourceAfter: (loaded: string | null) => CsvSource,
  options: EmbeddedOptions & { readonly digest: string | null },
): Promise<void> {
  const { report, now, dbtFolder, digest } = options;
  if (!files.exists) report('Creating a new embedded warehouse (a few seconds)');
  const opening = openDatabase(worker, files, embeddedWarehouse);
  let loaded = false;
  if (files.exists) {
    await opening;
    const state = await readState(worker);
    const source = sourceAfter(state.history);
    const fingerprint = await source.fingerprint();
    const isLoaded = fingerprint !== null && state.data === dataVersion(fingerprint);
    const origins = { from: state.history, to: source.history, remembered: state.remembered };
    const isOther = state.data !== null && state.history !== source.history;
    const change = isOther ? { ...origins, isCopy: isLoaded } : null;
    if (isLoaded) {
      report(`Data is up to date: ${source.name}`);
      if (source.advice !== null) report(`  ${source.advice}`);
      if (change !== null) await continueElsewhere(worker, change, report);
    } else {
      await loadTables(worker, source, change, now(), report);
      loaded = true;
    }
  } else {
    // The worker handles requests in order: loading waits for the opening. If the opening fails, its error is reported.
    const loading = loadTables(worker, sourceAfter(null), null, now(), report);
    for (const outcome of await Promise.allSettled([opening, loading])) {
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

/** Records that the loaded data belong to another origin, which has the same content. */
async function continueElsewhere(
  worker: WorkerClient,
  change: OriginChange,
  report: (line: string) => void,
): Promise<void> {
  const statements = [...embeddedChangeStatements(change), movedStatement(change.to)];
  // The checks compare the iterations with the record.
  if (changesRecord(change)) statements.push(attributingStatement);
  await worker.query(['begin', ...statements, 'commit'].join(';\n'));
  await worker.query(vacuumKeptRecordsStatement('embedded'));
  for (const line of originChangeLines(change)) report(line);
}

/**
 * Opens the ledger's database in DATA_DIR/ledger, and serves it on a Unix socket, with write access. Its clients create
 * the schema.
 *
 * An acknowledged commit survives a crash of the process: PGlite writes its log before it responds. It does not sync
 * the disk (fsync is off), so a power failure may lose the last commits.
 *
 * @throws {EmbeddedStoreError} if the operator has to act.
 */
export function openEmbeddedLedger(options: StoreOptions): Promise<EmbeddedStore> {
  return openEmbeddedStore(embeddedLedger, options, (worker, files) => openDatabase(worker, files, embeddedLedger));
}
