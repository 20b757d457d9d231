import { createHash } from 'node:crypto';
import {
  embeddedChangeStatements,
  type OriginChange,
  originChangeLines,
  vacuumKeptRecordsStatement,
} from './build-records.ts';
import { Findings, InvalidCsvError } from './csv/csv-faults.ts';
import type { CsvSource } from './csv/source.ts';
import { EmbeddedStoreError } from './embedded-error.ts';
import { count, Progress } from './progress.ts';
import { literal } from './quoting.ts';
import { forgetClicksStatement, type RawTable, rawTableStatements, rawTables } from './raw-tables.ts';
import { dataVersion, loadedStatements, stateTableStatement } from './state.ts';
import { EmbeddedQueryError, type WorkerClient } from './worker-client.ts';

/** COPY text that may wait for the worker, in bytes: what is read while a new database is created. */
const bytesInFlight = 32 * 1024 * 1024;

/**
 * Loads all five files into the raw tables in one transaction, replacing their rows. Writes the data version to the
 * state, and returns it.
 *
 * @param change from the origin of the loaded data to the source's; null if it is the same, or nothing is loaded.
 * @throws {InvalidCsvError} if a file has faults; nothing is changed.
 */
export async function loadTables(
  database: WorkerClient,
  source: CsvSource,
  change: OriginChange | null,
  now: Date,
  report: (line: string) => void,
): Promise<string> {
  // Loaded on demand: a start with unchanged data does not need the CSV parser.
  const { readCsv } = await import('./csv/read.ts');
  const progress = new Progress(report);
  const findings = new Findings();
  const queue = new CopyQueue(database);
  const loadedAt = now.toISOString();
  report(`Loading ${source.name}`);
  // Not awaited: files are read and checked while the worker still creates a new database.
  queue.run(
    ['begin', ...dropStatements(), ...rawTableStatements(), forgetClicksStatement, stateTableStatement].join(';\n'),
  );
  try {
    const digests: string[] = [];
    for (const table of rawTables) {
      const hash = createHash('sha256');
      const since = performance.now();
      const target = `${table.schema}.${table.name} (${table.columns.map(({ name }) => `"${name}"`).join(', ')})`;
      let bytes = 0;
      let rows = 0;
      const see = (chunk: Uint8Array) => {
        hash.update(chunk);
        bytes += chunk.length;
      };
      const seen = { problem: source.problem, open: () => tee(source.open(table), see) };
      for await (const batch of readCsv(table, seen, findings, loadedAt)) {
        rows += batch.rows;
        await queue.copy(target, batch.text);
        progress.reading(table.file, bytes / Math.max(1, source.size(table)), rows, since);
      }
      if (findings.faults.length === 0) progress.finished(table.file, rows, since);
      digests.push(hash.digest('hex'));
    }
    if (findings.faults.length > 0) throw new InvalidCsvError(source.name, findings.faults);
    const data = dataVersion(source.fingerprintOf(digests));
    queue.run(refreshStatements(loadedAt, new Date()).join(';\n'));
    if (change !== null) {
      for (const line of originChangeLines(change)) report(line);
      queue.run(embeddedChangeStatements(change).join(';\n'));
    }
    queue.run(`${loadedStatements(data, source.history)}; commit`);
    if (change !== null) queue.run(vacuumKeptRecordsStatement('embedded'));
    // PGlite has no autovacuum, so statistics are collected here. The checkpoint saves the next start a recovery.
    queue.run(`${rawTables.map((table) => `analyze ${table.schema}.${table.name}`).join('; ')}; checkpoint`);
    await queue.drain();
    if (source.hasNotices) for (const notice of findings.notices) report(`  Notice: ${notice}`);
    report(`Loaded ${count(queue.rows)} rows in ${progress.seconds()} s`);
    return data;
  } catch (error) {
    await queue.abandon();
    // For example, the disk is full. The transaction is rolled back, or was never committed.
    if (error instanceof EmbeddedQueryError) {
      throw new EmbeddedStoreError(`Loading ${source.name} failed: ${error.message}. Nothing was changed.`);
    }
    throw error;
  }
}

/** Drops everything, including older forms of the tables. Attribution creates the views on them again. */
function dropStatements(): string[] {
  const schemas = [...new Set(rawTables.map((table) => table.schema))];
  return [
    'set local client_min_messages = warning',
    ...schemas.map((schema) => `drop schema if exists ${schema} cascade`),
  ];
}

/** A load of the embedded mirror corresponds to a refresh of Redshift's mirror. */
function refreshStatements(startedAt: string, finishedAt: Date): string[] {
  const finished = new Date(Math.max(finishedAt.getTime(), Date.parse(startedAt))).toISOString();
  return rawTables
    .filter((table: RawTable) => table.schema === 'adsuite_mirror')
    .map(
      (table) =>
        'insert into adsuite_mirror.refreshes (view_name, started_at, finished_at) ' +
        `values (${literal(table.name)}, ${literal(startedAt)}, ${literal(finished)})`,
    );
}

async function* tee(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    see(chunk);
    yield chunk;
  }
}

/** Sends work to the worker without waiting, up to a limit, and keeps the first error for the next call. */
class CopyQueue {
  rows = 0;
  readonly #database: WorkerClient;
  readonly #encoder = new TextEncoder();
  #last: Promise<unknown> = Promise.resolve();
  #bytes = 0;
  #error: unknown = null;
  #wake: (() => void) | null = null;

  constructor(database: WorkerClient) {
    this.#database = database;
  }

  run(sql: string): void {
    this.#track(this.#database.query(sql), 0);
  }

  async copy(target: string, text: string): Promise<void> {
    const bytes = this.#encoder.encode(text);
    const size = bytes.length;
    this.#track(
      this.#database.copy(target, bytes).then((rows) => {
        this.rows += rows;
      }),
      size,
    );
    while (this.#bytes > bytesInFlight && this.#error === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== null) throw this.#error;
  }

  async drain(): Promise<void> {
    await this.#last;
    if (this.#error !== null) throw this.#error;
  }

  /** Rolls back the transaction. If the worker is dead, nothing was committed. */
  async abandon(): Promise<void> {
    await this.#last;
    await this.#database.query('rollback').catch(() => undefined);
  }

  #track(work: Promise<unknown>, size: number): void {
    this.#bytes += size;
    const settled = work
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .then(() => {
        this.#bytes -= size;
        this.#wake?.();
      });
    this.#last = Promise.all([this.#last, settled]);
  }
}
