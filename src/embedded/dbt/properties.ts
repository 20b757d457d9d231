import { parse } from 'yaml';
import { testConfig } from './config.ts';
import { DbtProjectError } from './errors.ts';
import { quoted } from './render.ts';
import type { DbtColumn, DbtSource, DbtTest } from './types.ts';

type Mapping = Readonly<Record<string, unknown>>;

export interface ModelProperties {
  readonly file: string;
  readonly description: string;
  readonly columns: readonly DbtColumn[];
}

export interface Properties {
  readonly sources: DbtSource[];
  readonly models: Map<string, ModelProperties>;
  readonly tests: DbtTest[];
}

/** Parses YAML text whose top is a mapping. */
export function yamlMapping(file: string, text: string): Mapping {
  return mapping(file, 'the file', parse(text, { maxAliasCount: -1 }));
}

function mapping(file: string, what: string, value: unknown): Mapping {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Mapping;
  throw new DbtProjectError(file, `${what} must be a mapping`);
}

function mappings(file: string, what: string, value: unknown): Mapping[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new DbtProjectError(file, `${what} must be a list`);
  return value.map((each: unknown) => mapping(file, `each of ${what}`, each));
}

function text(file: string, what: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new DbtProjectError(file, `${what} must be text`);
}

function onlyKeys(file: string, what: string, value: Mapping, keys: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!keys.includes(key)) throw new DbtProjectError(file, `this runner does not know the key ${key} of ${what}`);
  }
}

/** Reads one property file (sources, models, their columns and generic tests); unit tests are dbt's and are skipped. */
export function readProperties(file: string, content: string, into: Properties): void {
  const top = yamlMapping(file, content);
  onlyKeys(file, 'a property file', top, ['version', 'sources', 'models', 'unit_tests']);

  for (const source of mappings(file, 'sources', top.sources)) {
    onlyKeys(file, 'a source', source, ['name', 'schema', 'description', 'tables']);
    const sourceName = text(file, 'the name of a source', source.name);
    for (const table of mappings(file, 'tables', source.tables)) {
      onlyKeys(file, 'a source table', table, ['name', 'description', 'columns']);
      const name = text(file, 'the name of a source table', table.name);
      into.sources.push({
        source: sourceName,
        table: name,
        schema: text(file, 'the schema of a source', source.schema ?? sourceName),
        file,
        description: text(file, `the description of ${name}`, table.description ?? ''),
        columns: readColumns(file, table, `source('${sourceName}', '${name}')`, `source_${sourceName}_${name}`, into),
      });
    }
  }

  for (const model of mappings(file, 'models', top.models)) {
    onlyKeys(file, 'a model', model, ['name', 'description', 'columns']);
    const name = text(file, 'the name of a model', model.name);
    if (into.models.has(name)) throw new DbtProjectError(file, `model ${name} is described twice`);
    into.models.set(name, {
      file,
      description: text(file, `the description of ${name}`, model.description ?? ''),
      columns: readColumns(file, model, `ref('${name}')`, name, into),
    });
  }
}

function readColumns(file: string, owner: Mapping, relation: string, prefix: string, into: Properties): DbtColumn[] {
  return mappings(file, 'columns', owner.columns).map((column) => {
    onlyKeys(file, 'a column', column, ['name', 'description', 'quote', 'data_tests']);
    const name = text(file, 'the name of a column', column.name);
    const tests: unknown = column.data_tests ?? [];
    if (!Array.isArray(tests)) throw new DbtProjectError(file, 'data_tests must be a list');
    if (column.quote !== undefined && typeof column.quote !== 'boolean') {
      throw new DbtProjectError(file, `quote of ${name} must be true or false`);
    }
    // Like dbt: a name is quoted only where its property says so, and one that must be but isn't fails there as here.
    const inSql = column.quote === true ? quoted(name) : name;
    for (const test of tests) into.tests.push(genericTest(file, test, relation, inSql, `${prefix}_${name}`));
    return { name, description: text(file, `the description of ${name}`, column.description ?? '') };
  });
}

/** Writes dbt's own generic tests as dbt does, but for the white space around them. */
function genericTest(file: string, test: unknown, relation: string, column: string, suffix: string): DbtTest {
  const [kind, body] = typeof test === 'string' ? [test, {}] : onlyEntry(file, test);
  onlyKeys(file, `the test ${kind}`, body, ['config']);
  const config = testConfig(file, mapping(file, 'config', body.config ?? {}));
  const from = `from {{ ${relation} }}`;
  const name = `${kind}_${suffix}`;
  if (kind === 'not_null') {
    return { name, file, template: `select ${column}\n${from}\nwhere ${column} is null`, ...config };
  }
  if (kind === 'unique') {
    const counted = `select\n    ${column} as unique_field,\n    count(*) as n_records\n\n${from}`;
    const grouped = `where ${column} is not null\ngroup by ${column}\nhaving count(*) > 1`;
    return { name, file, template: `${counted}\n${grouped}`, ...config };
  }
  throw new DbtProjectError(file, `this runner does not know the test ${kind}`);
}

function onlyEntry(file: string, value: unknown): [string, Mapping] {
  const entries = Object.entries(mapping(file, 'a test', value));
  const [entry] = entries;
  if (!entry || entries.length !== 1) throw new DbtProjectError(file, 'a test must have one name');
  return [entry[0], mapping(file, `the test ${entry[0]}`, entry[1])];
}
