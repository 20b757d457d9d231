import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rawTables } from '../../src/embedded/raw-tables.ts';
import { openPglite, type Store } from '../support/dbt-stores.ts';
import { literal, project, run } from '../support/dbt-world.ts';

let store: Store;
beforeAll(async () => {
  store = await openPglite();
  await run(store);
});
afterAll(() => store.close());

async function columnsOf(schema: string, table: string): Promise<[name: string, type: string][]> {
  const { rows } = await store.query(
    `select column_name::text as name, data_type::text as type from information_schema.columns
     where table_schema = ${literal(schema)} and table_name = ${literal(table)} order by ordinal_position`,
  );
  return rows.map(({ name, type }) => [String(name), String(type)]);
}

test.each(project.models.map((model) => [model.name, model] as const))(
  '%s has the columns that are described, in that order',
  async (name, { columns }) => {
    const real = await columnsOf('attribution', name);
    expect(real.map(([column]) => column)).toEqual(columns.map((column) => column.name));
  },
);

test.each(rawTables.map((table) => [`${table.schema}.${table.name}`, table] as const))(
  'the source %s is described column by column',
  (_name, { schema, name, columns }) => {
    const source = project.sources.find((each) => each.schema === schema && each.table === name);
    expect(source?.columns.map((column) => column.name)).toEqual(columns.map((column) => column.name));
  },
);

/** The interfaces of the service's column contract: table name to columns with their wire types. */
function contract(): Map<string, [name: string, type: string][]> {
  const text = readFileSync(new URL('../../src/db/warehouse/tables.ts', import.meta.url), 'utf8');
  const columnsByInterface = new Map(
    [...text.matchAll(/export interface (\w+) \{\n(.*?)\n\}/gs)].map(([, name = '', body = '']) => [
      name,
      [...body.matchAll(/^ {2}(\w+): Read<(\w+)/gm)].map(([, column = '', type = '']): [string, string] => [
        column,
        type,
      ]),
    ]),
  );
  const tables = /export interface WarehouseTables \{\n(.*?)\n\}/s.exec(text)?.[1] ?? '';
  return new Map(
    [...tables.matchAll(/^ {2}(\w+): (\w+);/gm)].map(([, table = '', name = '']) => [
      table,
      columnsByInterface.get(name) ?? [],
    ]),
  );
}

const wireTypes: Readonly<Record<string, readonly string[]>> = {
  Bigint: ['bigint'],
  Numeric: ['numeric'],
  Instant: ['timestamp with time zone'],
  Day: ['date'],
  string: ['text', 'character varying'],
  AttributionStatusName: ['text'],
  AttributionMethodName: ['text'],
};

test.each([...contract()])('%s has the columns and types that the service reads', async (table, columns) => {
  expect(columns.length).toBeGreaterThan(3);
  const real = await columnsOf('attribution', table);
  expect(real.map(([name]) => name)).toEqual(columns.map(([name]) => name));
  for (const [at, [name, type]] of columns.entries()) expect(wireTypes[type], name).toContain(real[at]?.[1]);
});
