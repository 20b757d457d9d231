import { testConfig } from './model-config.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtTest } from './project-types.ts';
import { type Mapping, mapping, onlyKeys } from './yaml.ts';

/**
 * Writes the SQL of one of dbt's generic column tests, identical to dbt's except for white space.
 *
 * @param test its name, or a mapping of its name to its settings.
 * @param relation the `ref()` or `source()` that it reads, as Jinja.
 */
export function genericTest(file: string, test: unknown, relation: string, column: string, suffix: string): DbtTest {
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
  throw new DbtProjectError(file, `this runner does not support the test ${kind}`);
}

function onlyEntry(file: string, value: unknown): [string, Mapping] {
  const entries = Object.entries(mapping(file, 'a test', value));
  const [entry] = entries;
  if (!entry || entries.length !== 1) throw new DbtProjectError(file, 'a test must have exactly one name');
  return [entry[0], mapping(file, `the test ${entry[0]}`, entry[1])];
}
