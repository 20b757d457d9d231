import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';

const root = join(import.meta.dirname, '../..');

/** dbt's arguments as the documentation and the Airflow DAG have them, so that the check runs the same. */
export interface Commands {
  readonly build: readonly string[];
  readonly buildOnRedshift: readonly string[];
  readonly nightly: readonly string[];
  readonly freshness: readonly string[];
  readonly silver: readonly string[];
  readonly gold: readonly string[];
}

/** @throws {LocalError} if one is not found where it is expected */
export function readCommands(): Commands {
  const docs = 'docs/attribution.md';
  const dag = 'warehouse/airflow/dags/attribution.py';
  const documented = (start: RegExp) => find(docs, new RegExp(`^${start.source}([^#\\n]*)`, 'm'));
  return {
    build: documented(/dbt (?=build)/),
    buildOnRedshift: documented(/DBT_TARGET=redshift dbt (?=build)/),
    nightly: documented(/dbt (?=test)/),
    freshness: documented(/dbt (?=source freshness)/),
    silver: find(dag, /"dbt_silver",\s+"([^"]+)"/),
    gold: find(dag, /"dbt_gold",\s+"([^"]+)"/),
  };
}

function find(file: string, pattern: RegExp): string[] {
  const words = pattern
    .exec(readFileSync(join(root, file), 'utf8'))?.[1]
    ?.trim()
    .split(/\s+/);
  if (words === undefined) throw new LocalError(`${file} has no command that matches ${pattern}`);
  return words;
}
