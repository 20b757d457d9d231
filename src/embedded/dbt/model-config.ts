import { DbtProjectError } from './project-error.ts';
import type { DbtTest, ModelConfig } from './project-types.ts';
import { redshiftConfig, redshiftKeys } from './redshift-config.ts';

const knownKeys = new Set<string>([
  ...redshiftKeys,
  'materialized',
  'unique_key',
  'incremental_strategy',
  'on_schema_change',
  'full_refresh',
  'pre_hook',
  'post_hook',
  // In dbt_project.yml.
  'pre-hook',
  'post-hook',
  'tags',
]);

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A text or a list of texts, as a list. */
export function textList(file: string, key: string, value: unknown): string[] {
  return listOf(value).map((each) => {
    if (typeof each !== 'string') throw new DbtProjectError(file, `${key} must be text or a list of texts`);
    return each;
  });
}

/**
 * The hooks of a model. Those in dbt_project.yml come first: dbt adds them to those of the model, instead of choosing the
 * nearest.
 */
const hooksOf = (file: string, kind: 'pre' | 'post', raw: Readonly<Record<string, unknown>>): string[] =>
  [`${kind}-hook`, `${kind}_hook`].flatMap((key) => textList(file, key, raw[key]));

/**
 * Checks a model's configuration. An unknown key or value is rejected, because ignoring it would build something
 * different from dbt.
 *
 * @param columns the columns in the model's properties.
 */
export function modelConfig(
  file: string,
  raw: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): ModelConfig {
  const refuse = (key: string): never => {
    throw new DbtProjectError(file, `this runner does not support the config ${key}: ${JSON.stringify(raw[key])}`);
  };
  for (const key of Object.keys(raw)) if (!knownKeys.has(key)) refuse(key);

  const materialized = raw.materialized ?? 'view';
  if (materialized !== 'view' && materialized !== 'table' && materialized !== 'incremental') {
    return refuse('materialized');
  }
  const uniqueKey = raw.unique_key;
  if (uniqueKey !== undefined && typeof uniqueKey !== 'string') return refuse('unique_key');
  const strategy = raw.incremental_strategy ?? (uniqueKey === undefined ? 'append' : 'delete+insert');
  if (strategy !== 'append' && strategy !== 'delete+insert') return refuse('incremental_strategy');
  if (strategy === 'delete+insert' && uniqueKey === undefined && materialized === 'incremental') {
    throw new DbtProjectError(file, 'delete+insert needs a unique_key');
  }
  // dbt's default ignores changed columns.
  const onSchemaChange = raw.on_schema_change ?? (materialized === 'incremental' ? 'ignore' : 'fail');
  if (onSchemaChange !== 'fail' && onSchemaChange !== 'append_new_columns') {
    throw new DbtProjectError(file, 'on_schema_change of an incremental model must be fail or append_new_columns');
  }
  if (raw.full_refresh !== undefined && typeof raw.full_refresh !== 'boolean') return refuse('full_refresh');
  if (raw.full_refresh === true) return refuse('full_refresh');

  return {
    materialized,
    incrementalStrategy: strategy,
    uniqueKey,
    appendNewColumns: onSchemaChange === 'append_new_columns',
    keptByFullRefresh: raw.full_refresh === false,
    preHooks: hooksOf(file, 'pre', raw),
    postHooks: hooksOf(file, 'post', raw),
    redshift: redshiftConfig(file, raw, columns),
  };
}

const testKeys = new Set(['severity', 'tags']);

/** Checks a test's configuration in the same way. */
export function testConfig(file: string, raw: Readonly<Record<string, unknown>>): Pick<DbtTest, 'severity' | 'tags'> {
  for (const key of Object.keys(raw)) {
    if (!testKeys.has(key)) throw new DbtProjectError(file, `this runner does not support the test config ${key}`);
  }
  const severity = raw.severity ?? 'error';
  if (severity !== 'error' && severity !== 'warn') {
    throw new DbtProjectError(file, `severity must be error or warn, not ${JSON.stringify(severity)}`);
  }
  return { severity, tags: textList(file, 'tags', raw.tags) };
}
