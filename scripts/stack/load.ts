import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { FaultLimitReached, Findings, InvalidCsvError } from '../../src/embedded/csv/csv-faults.ts';
import { type CsvSource, folderSource } from '../../src/embedded/csv/source.ts';
import { demoSource } from '../../src/embedded/demo/source.ts';
import { count, Progress } from '../../src/embedded/progress.ts';
import { type RawTable, rawTables } from '../../src/embedded/raw-tables.ts';
import { forgetFirstSeenStatement } from '../../src/embedded/state.ts';
import { connect, type Logins } from './logins.ts';
import { Reading } from './reading.ts';
import { noteDone, readDone } from './state.ts';

type Report = (line: string) => void;

/**
 * Loads the five files (the demo data where `csvFolder` is null) instead of what the two databases hold, unless that is
 * what was loaded last. Throws a InvalidCsvError, with nothing changed, when a file is faulty.
 */
export async function loadSources(logins: Logins, csvFolder: string | null, report: Report): Promise<void> {
  const source = csvFolder === null ? demoSource() : folderSource(csvFolder);
  const warehouse = await connect(logins.to('warehouse', 'postgres'));
  const adsuite = await connect(logins.to('adsuite', 'adsuite'));
  try {
    const before = await readDone(warehouse, 'data');
    if (before === (await source.fingerprint())) {
      // The same data in another place: the history goes on there.
      await noteDone(warehouse, 'history', source.history);
      return report(`Data in place: ${source.name}`);
    }
    if (before !== null) report('Other data than last time: what the two databases hold is replaced');
    await load({ adsuite, warehouse }, source, () => forget(logins), report);
  } finally {
    // Whatever was not committed is rolled back by it.
    await Promise.all([adsuite.end(), warehouse.end()]);
  }
}

interface Clients {
  readonly adsuite: Client;
  readonly warehouse: Client;
}

async function load(clients: Clients, source: CsvSource, forgetBefore: () => Promise<void>, report: Report) {
  const { adsuite, warehouse } = clients;
  const progress = new Progress(report);
  const findings = new Findings();
  const loadedAt = new Date().toISOString();
  report(`Loading ${source.name}`);
  await Promise.all([adsuite.query('begin'), warehouse.query('begin')]);
  let rows = 0;
  const digests: string[] = [];
  for (const table of rawTables) {
    const target = placeOf(table);
    const client = clients[target.database];
    for (const statement of target.before) await client.query(statement);
    const reading = new Reading(table, source, findings, loadedAt, progress);
    try {
      await pipeline(Readable.from(reading.text()), client.query(copyFrom(target.copy)));
      for (const statement of target.after) await client.query(statement);
    } catch (error) {
      if (error instanceof FaultLimitReached) break;
      throw error;
    }
    rows += reading.rows;
    digests.push(reading.digest());
  }
  if (findings.faults.length > 0) throw new InvalidCsvError(source.name, findings.faults);
  // Two databases can't commit as one. Between the two commits nothing counts as loaded, so a crash there loads again.
  await forgetBefore();
  await adsuite.query('commit');
  if ((await readDone(warehouse, 'history')) !== source.history) await warehouse.query(forgetFirstSeenStatement);
  await noteDone(warehouse, 'history', source.history);
  await noteDone(warehouse, 'data', source.fingerprintOf(digests));
  await warehouse.query('commit');
  await Promise.all([
    adsuite.query('analyze public.strategies, public.iterations'),
    warehouse.query('analyze adgem.campaigns, adgem.clicks, events.events'),
  ]);
  for (const notice of findings.notices) report(`  Notice: ${notice}`);
  report(`Loaded ${count(rows)} rows in ${progress.seconds()} s`);
}

async function forget(logins: Logins): Promise<void> {
  const client = await connect(logins.to('warehouse', 'postgres'));
  try {
    await noteDone(client, 'data', null);
    await noteDone(client, 'attributed', null);
  } finally {
    await client.end();
  }
}

/** What the embedded warehouse has as its mirror are AdSuite's own tables here; the mirror is a refresh's work. */
function placeOf({ schema, name, columns }: RawTable) {
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  if (schema !== 'adsuite_mirror') {
    const table = `${schema}.${name}`;
    return { database: 'warehouse', before: [`truncate ${table}`], copy: copy(table, names), after: [] } as const;
  }
  // Files may tell the same row twice, and AdSuite's tables have a key.
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
