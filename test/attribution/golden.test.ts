import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { rawTables } from '../../src/embedded/raw-tables.ts';
import { addRaw, type RawRows, rowsOf, run, sorted, stores } from '../support/dbt.ts';

const folder = new URL('./golden/', import.meta.url);

/** An empty field is null, in inputs and outputs. */
function readCsv(file: string): (string | null)[][] {
  const rows = parse(readFileSync(new URL(file, folder), 'utf8')) as string[][];
  return rows.map((row) => row.map((field) => (field === '' ? null : field)));
}

const expectedTables = [
  'strategies',
  'iterations_with_end_time',
  'campaigns',
  'goal_complete_events_attributed',
  'iteration_metrics_daily',
  'iteration_clicks_daily',
  'iteration_clicks_quarter_hourly',
  'unattributed_fixes',
  'attribution_builds',
];

test.each(stores)('a small pipeline gives the expected rows on %s', async (_name, open) => {
  const store = await open();
  try {
    for (const { name, file } of rawTables) {
      const [header = [], ...rows] = readCsv(`input/${file}`);
      const records: RawRows = rows.map((row) =>
        Object.fromEntries(header.map((column, at) => [column, row[at] ?? null])),
      );
      await addRaw(store, { [name]: records });
    }
    await store.query(`insert into adsuite_mirror.refreshes values
      ('strategies', '2026-03-09T22:00:00Z', '2026-03-09T22:00:01Z'),
      ('iterations', '2026-03-09T22:00:01Z', '2026-03-09T22:00:02Z')`);
    await run(store, { startedAt: '2026-03-10T00:00:00.000000Z', invocationId: 'golden' });

    for (const table of expectedTables) {
      const [header = [], ...expected] = readCsv(`expected/${table}.csv`);
      const columns = header.map(String);
      const actual = await rowsOf(store, `attribution.${table}`, columns);
      if (process.env.UPDATE_GOLDEN) {
        const lines = [columns, ...actual].map((row) => row.map((field) => field ?? '').join(','));
        writeFileSync(new URL(`expected/${table}.csv`, folder), `${lines.join('\n')}\n`);
      }
      expect(actual, table).toEqual(sorted(expected));
    }
  } finally {
    await store.close();
  }
});
