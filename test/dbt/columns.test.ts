import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { publishedName } from '../../src/db/warehouse/tables.ts';
import { rawTables } from '../../src/embedded/raw-tables.ts';
import { literal, project, run, type Store, stores } from '../support/dbt.ts';

const opened = new Map<string, Store>();
beforeAll(async () => {
  for (const [name, open] of stores) {
    const store = await open();
    opened.set(name, store);
    await run(store);
  }
});
afterAll(async () => {
  for (const store of opened.values()) await store.close();
});

test.each(project.models.map((model) => [model.name, model] as const))(
  '%s has the described columns, in that order',
  async (name, { columns }) => {
    for (const store of opened.values()) {
      const { rows } = await store.query(
        `select attname::text as name from pg_attribute
         where attrelid = ${literal(`attribution.${name}`)}::regclass and attnum > 0 order by attnum`,
      );
      expect(rows.map((row) => row.name)).toEqual(columns.map((column) => column.name));
    }
  },
);

test.each(rawTables.map((table) => [`${table.schema}.${table.name}`, table] as const))(
  'each column of the source %s is described',
  (_name, { schema, name, columns }) => {
    const source = project.sources.find((each) => each.schema === schema && each.identifier === name);
    expect(source?.columns.map((column) => column.name)).toEqual(columns.map((column) => column.name));
  },
);

interface Column {
  readonly name: string;
  /** The service's name of the type: Bigint, Numeric, Instant, Day or text. */
  readonly type: string;
  readonly nullable: boolean;
}

/** The service's tables by name, with their columns, read from their TypeScript interfaces of these kinds. */
function serviceTables(kinds = 'Build|Record'): Map<string, Column[]> {
  const text = readFileSync(new URL('../../src/db/warehouse/tables.ts', import.meta.url), 'utf8');
  const columnsByInterface = new Map<string, Column[]>();
  for (const [, name = '', base = '', body = ''] of text.matchAll(
    /export interface (\w+)(?: extends (\w+))? \{\n(.*?)\n\}/gs,
  )) {
    const own = [...body.matchAll(/^ {2}(\w+): Read<(\w+)( \| null)?>;$/gm)].map(
      ([, column = '', type = '', nullable]): Column => ({
        name: column,
        type: /^(string|\w+Name)$/.test(type) ? 'text' : type,
        nullable: nullable !== undefined,
      }),
    );
    columnsByInterface.set(name, [...(columnsByInterface.get(base) ?? []), ...own]);
  }
  const tables = [...text.matchAll(new RegExp(`export interface (?:${kinds})Tables \\{\\n(.*?)\\n\\}`, 'gs'))].join(
    '\n',
  );
  return new Map(
    [...tables.matchAll(/^ {2}(\w+): (\w+);/gm)].map(([, table = '', name = '']) => [
      table,
      columnsByInterface.get(name) ?? [],
    ]),
  );
}

/** The service's name of a warehouse type. Lengths are those of Redshift's tables; a payout has four decimals. */
const wireTypes: Readonly<Record<string, string>> = {
  bigint: 'Bigint',
  'numeric(18,4)': 'Numeric',
  'numeric(38,4)': 'Numeric',
  'timestamp with time zone': 'Instant',
  date: 'Day',
  'character varying(16)': 'text',
  'character varying(32)': 'text',
  'character varying(64)': 'text',
  'character varying(256)': 'text',
  'character varying(300)': 'text',
  'character varying(350)': 'text',
  'character varying(1024)': 'text',
};

/** Type names in property files, as PostgreSQL writes them. */
const inFull = (dataType: string) =>
  dataType.replace(/^varchar/, 'character varying').replace(/^timestamptz$/, 'timestamp with time zone');

test('the models that the service reads have a contract, other than the details that builds share', () => {
  const contracted = project.models.filter(({ contract }) => contract !== null).map(({ name }) => name);
  expect(contracted.sort()).toEqual([...serviceTables().keys()].sort());
});

test('the exposures of the service depend on exactly the models that it reads, the others on some of them', () => {
  const served = [...serviceTables('Build|Record|Detail').keys()].sort();
  const depends = new Map(project.exposures.map(({ name, refs }) => [name, [...refs].sort()]));
  expect(depends.get('adsuite_backend')).toEqual(served);
  expect(depends.get('analysts')).toEqual(served);
  for (const refs of depends.values()) for (const ref of refs) expect(served).toContain(ref);
});

test.each([...serviceTables('Detail')])('%s has the columns that the service reads', (table, columns) => {
  const described = project.models.find(({ name }) => name === table)?.columns.map(({ name }) => name);
  expect(columns.length).toBeGreaterThan(2);
  expect(described).toEqual(expect.arrayContaining(columns.map(({ name }) => name)));
});

describe.each([...serviceTables()])('%s', (table, columns) => {
  test('matches the service in names, types and nullability', () => {
    expect(columns.length).toBeGreaterThan(3);
    const contract = project.models.find(({ name }) => name === table)?.contract;
    const declared = contract?.columns.map(
      ({ name, dataType, notNull }): Column => ({
        name,
        type: wireTypes[inFull(dataType)] ?? dataType,
        nullable: !notNull,
      }),
    );
    const byName = (some: readonly Column[] = []) => Object.fromEntries(some.map((each) => [each.name, each]));
    expect(byName(declared)).toEqual(byName(columns));
  });

  test.each(stores.map(([name]) => name))('is built as its contract says on %s', async (name) => {
    const { rows } = await (opened.get(name) as Store).query(
      `select attname::text as name, format_type(atttypid, atttypmod)::text as type, attnotnull as "notNull"
       from pg_attribute where attrelid = ${literal(`attribution.${publishedName(table, '1')}`)}::regclass and attnum > 0 order by attnum`,
    );
    const contract = project.models.find((each) => each.name === table)?.contract;
    expect(rows).toEqual(
      contract?.columns.map(({ name, dataType, notNull }) => ({ name, type: inFull(dataType), notNull })),
    );
  });
});
