import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import {
  changesRecord,
  hasRecordQuery,
  type OriginChange,
  originChangeLines,
  originChangeStatements,
  recordStatements,
  rememberedOriginsQuery,
} from '../../src/embedded/build-records.ts';
import { Findings, InvalidCsvError } from '../../src/embedded/csv/csv-faults.ts';
import { readCsv } from '../../src/embedded/csv/read.ts';
import type { CsvSource } from '../../src/embedded/csv/source.ts';
import { count, Progress } from '../../src/embedded/progress.ts';
import { forgetClicksStatement, type RawTable, rawIndexes, rawTables } from '../../src/embedded/raw-tables.ts';
import { connect, type Logins, withClient } from './logins.ts';
import { readDone, writeDone } from './state.ts';

type Report = (line: string) => void;

/**
 * Replaces the rows of both databases by those of the source. Does nothing if these data are loaded already.
 *
 * @param sourceAfter the source to load, given the origin of the loaded data.
 * @throws {InvalidCsvError} if a file is invalid; both databases stay unchanged
 */
export async function loadSources(
  logins: Logins,
  sourceAfter: (loaded: string | null) => CsvSource,
  report: Report,
): Promise<void> {
  const warehouse = await connect(logins.to('warehouse', 'postgres'));
  const adsuite = await connect(logins.to('adsuite', 'adsuite'));
  try {
    const loaded = await readDone(warehouse, 'data');
    const source = sourceAfter(loaded === null ? null : await readDone(warehouse, 'history'));
    if (loaded !== null && loaded === (await source.fingerprint())) {
      report(`Data in place: ${source.name}`);
      const change = await changeOf(warehouse, source, true);
      if (change === null) return;
      await warehouse.query('begin');
      await changeOrigin(warehouse, change, report);
      // The checks compare the iterations with the record.
      if (changesRecord(change)) await writeDone(warehouse, 'attributed', null);
      await warehouse.query('commit');
      return;
    }
    if (loaded !== null) report('The data differ from the loaded ones: replacing the rows of both databases');
    await load({ adsuite, warehouse }, source, () => forgetLoaded(logins), report);
  } finally {
    // Rolls back what was not committed.
    await Promise.all([adsuite.end(), warehouse.end()]);
  }
}

interface Clients {
  readonly adsuite: Client;
  readonly warehouse: Client;
}

async function load(clients: Clients, source: CsvSource, beforeCommit: () => Promise<void>, report: Report) {
  const { adsuite, warehouse } = clients;
  const progress = new Progress(report);
  const findings = new Findings();
  const loadedAt = new Date().toISOString();
  report(`Loading ${source.name}`);
  await Promise.all([adsuite.query('begin'), warehouse.query('begin')]);
  let rows = 0;
  const digests: string[] = [];
  for (const table of rawTables) {
    const target = targetOf(table);
    const client = clients[target.database];
    for (const statement of target.before) await client.query(statement);
    const file = new CopyReader(table, source, findings, loadedAt, progress);
    await pipeline(Readable.from(file.text()), client.query(copyFrom(target.copy)));
    for (const statement of target.after) await client.query(statement);
    rows += file.rows;
    digests.push(file.digest());
  }
  if (findings.faults.length > 0) throw new InvalidCsvError(source.name, findings.faults);
  await warehouse.query(forgetClicksStatement);
  // The two commits are not atomic. Nothing is recorded as loaded between them, so after a crash the next start loads again.
  await beforeCommit();
  await adsuite.query('commit');
  const change = await changeOf(warehouse, source, false);
  if (change !== null) await changeOrigin(warehouse, change, report);
  await writeDone(warehouse, 'data', source.fingerprintOf(digests));
  await warehouse.query('commit');
  await Promise.all([
    adsuite.query('analyze public.strategies, public.iterations'),
    warehouse.query('analyze adgem.campaigns, adgem.clicks, events.events'),
  ]);
  if (source.hasNotices) for (const notice of findings.notices) report(`  Notice: ${notice}`);
  report(`Loaded ${count(rows)} rows in ${progress.seconds()} s`);
}

/** The change from the origin of the loaded data to the source's; null if it is the same. */
async function changeOf(warehouse: Client, { history: to }: CsvSource, isCopy: boolean): Promise<OriginChange | null> {
  const from = await readDone(warehouse, 'history');
  if (from === to) return null;
  const { rows } = await warehouse.query<{ origin: string }>(rememberedOriginsQuery('stack'));
  return { from, to, remembered: rows.map(({ origin }) => origin), isCopy };
}

/** Run in the transaction that records the loaded data. */
async function changeOrigin(warehouse: Client, change: OriginChange, report: Report): Promise<void> {
  // A table that is missing is created as the models would create it.
  await warehouse.query(['set local role attribution_dbt', ...recordStatements, 'reset role'].join('; '));
  const { rows } = await warehouse.query<{ has_record: boolean }>(hasRecordQuery);
  for (const statement of originChangeStatements('stack', change)) await warehouse.query(statement);
  await writeDone(warehouse, 'history', change.to);
  // Without an origin and a record, these are the first data.
  if (change.from === null && rows[0]?.has_record !== true) return;
  for (const line of originChangeLines(change)) report(line);
}

async function forgetLoaded(logins: Logins): Promise<void> {
  await withClient(logins.to('warehouse', 'postgres'), async (client) => {
    await writeDone(client, 'data', null);
    await writeDone(client, 'attributed', null);
  });
}

/** Where a raw table's rows go. Strategies and iterations go to AdSuite's tables; the refresh fills the mirror. */
function targetOf({ schema, name, columns }: RawTable) {
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  if (schema !== 'adsuite_mirror') {
    const table = `${schema}.${name}`;
    const indexes = rawIndexes[table] ?? [];
    return {
      database: 'warehouse',
      before: [`truncate ${table}`, ...indexes.map(([index]) => `drop index if exists ${schema}.${index}`)],
      copy: copy(table, names),
      after: indexes.map(([index, key]) => `create index ${index} on ${table} (${key})`),
    } as const;
  }
  // Files may contain duplicate rows, but AdSuite's tables have a key.
  return {
    database: 'adsuite',
    before: [`create temporary table incoming (like public.${name}) on commit drop`],
    copy: copy('incoming', names),
    after: [
      `truncate public.${name}`,
      `insert into public.${name} (${names}) select distinct ${names} from incoming`,
      'drop table incoming',
    ],
  } as const;
}

const copy = (table: string, names: string) => `copy ${table} (${names}) from stdin`;

/** Converts one file to COPY's text format. Counts its rows and hashes its bytes on the way. */
class CopyReader {
  rows = 0;
  readonly #hash = createHash('sha256');
  readonly #table: RawTable;
  readonly #source: CsvSource;
  readonly #findings: Findings;
  readonly #loadedAt: string;
  readonly #progress: Progress;
  #bytes = 0;

  constructor(table: RawTable, source: CsvSource, findings: Findings, loadedAt: string, progress: Progress) {
    this.#table = table;
    this.#source = source;
    this.#findings = findings;
    this.#loadedAt = loadedAt;
    this.#progress = progress;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  async *text(): AsyncGenerator<string> {
    const since = performance.now();
    const size = Math.max(1, this.#source.size(this.#table));
    const seen = { problem: this.#source.problem, open: () => this.#chunks() };
    for await (const batch of readCsv(this.#table, seen, this.#findings, this.#loadedAt)) {
      this.rows += batch.rows;
      yield batch.text;
      this.#progress.reading(this.#table.file, this.#bytes / size, this.rows, since);
    }
    if (this.#findings.faults.length === 0) this.#progress.finished(this.#table.file, this.rows, since);
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source.open(this.#table)) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      yield chunk;
    }
  }
}
