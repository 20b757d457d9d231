import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { renderProjectOf } from '../../src/embedded/dbt/project.ts';
import { renderTemplate } from '../../src/embedded/dbt/render.ts';
import { literal, project, projectFolder, type Row, rowsOf, runOptions, type Store } from './dbt.ts';

/** Rows that stand in for a relation. */
export interface UnitTestInput {
  readonly input: string;
  /** `sql` where rows is a select; else they are listed. */
  readonly format?: string;
  readonly rows: readonly Row[] | string;
}

/** A unit test as dbt's property files write it. */
export interface UnitTest {
  readonly name: string;
  readonly model: string;
  readonly given: readonly UnitTestInput[];
  readonly expect: { readonly rows: readonly Row[] };
  readonly overrides?: {
    readonly macros?: { readonly is_incremental?: boolean };
    readonly vars?: Readonly<Record<string, unknown>>;
  };
}

const allowed = {
  test: ['name', 'description', 'model', 'given', 'expect', 'overrides', 'config'],
  overrides: ['macros', 'vars'],
  macros: ['is_incremental'],
  given: ['input', 'format', 'rows'],
  expect: ['rows'],
};

function onlyKeys(where: string, value: object | undefined, keys: readonly string[]): void {
  for (const key of Object.keys(value ?? {})) {
    if (!keys.includes(key)) throw new Error(`${where}: this interpreter does not know ${key}`);
  }
}

/** Throws where a unit test is written in a way that this interpreter, or dbt itself on an empty schema, can't run. */
export function checkUnitTest(test: UnitTest): void {
  onlyKeys(test.name, test, allowed.test);
  onlyKeys(test.name, test.overrides, allowed.overrides);
  onlyKeys(test.name, test.overrides?.macros, allowed.macros);
  onlyKeys(test.name, test.expect, allowed.expect);
  // PostgreSQL's limit: dbt names a temporary table after the test.
  if (test.name.length > 63) throw new Error(`${test.name}: the name has more than 63 characters`);
  for (const given of test.given) {
    onlyKeys(test.name, given, allowed.given);
    const isSql = typeof given.rows === 'string';
    if (isSql !== (given.format === 'sql'))
      throw new Error(`${test.name}: rows of ${given.input} and their format differ`);
    // dbt looks up the types of listed rows in the relation, and runs the test before that is built the first time.
    if (given.input === 'this' && !isSql) throw new Error(`${test.name}: rows of this must have the format sql`);
  }
}

/** All unit tests of the project. */
export function readUnitTests(): UnitTest[] {
  const models = join(projectFolder, 'models');
  const files = readdirSync(models, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yml'));
  return files.flatMap((file) => {
    const { unit_tests: tests = [] } = parse(readFileSync(join(models, file), 'utf8'), { maxAliasCount: -1 }) as {
      unit_tests?: UnitTest[];
    };
    for (const test of tests) checkUnitTest(test);
    return tests;
  });
}

/** `ref('x')`, `source('a', 'b')` or `this`, as the renderer asks for relations. */
function inputKey(input: string): string {
  const ref = /^ref\('(\w+)'\)$/.exec(input);
  if (ref) return `ref:${ref[1]}`;
  const source = /^source\('(\w+)', '(\w+)'\)$/.exec(input);
  if (source) return `source:${source[1]}.${source[2]}`;
  if (input === 'this') return 'this';
  throw new Error(`not an input: ${input}`);
}

/**
 * Runs one unit test as dbt does: inputs with the given rows stand in for what the model reads, and the rows that its
 * select gives are compared, in the columns that the expected rows name and in any order. The relations that
 * listed rows stand in for must exist, for their columns' types.
 */
export async function runUnitTest(store: Store, test: UnitTest): Promise<{ actual: unknown[]; expected: unknown[] }> {
  const model = project.models.find((each) => each.name === test.model);
  if (!model) throw new Error(`there is no model ${test.model}`);
  const inputs = new Map(
    test.given.map(({ input, rows }, index) => [inputKey(input), { rows, name: `given_${index}` }]),
  );
  const reals = new Map<string, string>();

  const { sql } = renderTemplate(renderProjectOf(project), model.file, model.template, {
    ...runOptions(),
    schema: 'attribution',
    thisName: model.name,
    isIncremental: test.overrides?.macros?.is_incremental === true,
    vars: test.overrides?.vars ?? {},
    relations: (kind, name) => {
      const input = inputs.get(kind === 'this' ? 'this' : `${kind}:${name}`);
      // dbt calls for an input per ref and source; `this` may be rendered without being read (by hooks).
      if (!input && kind === 'this') return undefined;
      if (!input) throw new Error(`${test.name}: ${kind} ${name} is not given`);
      reals.set(input.name, realRelation(kind, name));
      return input.name;
    },
  });
  for (const [key, { name }] of inputs) {
    if (!reals.has(name)) throw new Error(`${test.name}: ${key} is given, but the model does not read it`);
  }

  await store.query('begin');
  try {
    for (const { name, rows } of inputs.values()) {
      if (typeof rows === 'string') await store.query(`create temporary table ${name} as (${rows})`);
      else {
        // Only the columns and types: dbt's rows are not held to the constraints of what they stand in for.
        await store.query(`create temporary table ${name} as (select * from ${reals.get(name)}) with no data`);
        await insert(store, name, rows);
      }
    }
    await store.query(`create temporary table actual as (${sql})`);
    const columns = Object.keys(test.expect.rows[0] ?? {});
    for (const row of test.expect.rows) {
      if (Object.keys(row).join() !== columns.join()) throw new Error(`${test.name}: expected rows differ in columns`);
    }
    await store.query('create temporary table expected (like actual)');
    await insert(store, 'expected', test.expect.rows);
    return { actual: await rowsOf(store, 'actual', columns), expected: await rowsOf(store, 'expected', columns) };
  } finally {
    await store.query('rollback');
  }
}

function realRelation(kind: 'ref' | 'source' | 'this', name: string): string {
  if (kind !== 'source') return `attribution.${name}`;
  const source = project.sources.find((each) => `${each.source}.${each.table}` === name);
  return `${source?.schema}.${source?.table}`;
}

async function insert(store: Store, table: string, rows: readonly Row[]): Promise<void> {
  for (const row of rows) {
    const columns = Object.keys(row).map((name) => `"${name}"`);
    await store.query(
      `insert into ${table} (${columns.join(', ')}) values (${Object.values(row).map(literal).join(', ')})`,
    );
  }
}
