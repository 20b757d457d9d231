import { DbtProjectError } from './project-error.ts';
import type { RedshiftConfig } from './project-types.ts';

/** Configs that only dbt-redshift reads. Other adapters and this runner ignore them. */
export const redshiftKeys = ['dist', 'sort', 'sort_type', 'bind'] as const;

const styles = ['all', 'even', 'auto'];

/**
 * Checks the configs that only dbt-redshift uses; otherwise a mistake would first fail on a cluster.
 *
 * @param columns the model's columns, from which keys are chosen.
 */
export function redshiftConfig(
  file: string,
  raw: Readonly<Record<string, unknown>>,
  columns: readonly string[],
): RedshiftConfig {
  const refuse = (key: string, wanted: string): never => {
    throw new DbtProjectError(file, `${key} must be ${wanted}, not ${JSON.stringify(raw[key])}`);
  };
  const isColumn = (value: unknown) => typeof value === 'string' && columns.includes(value);

  const { dist = null, sort, sort_type: sortType = 'compound', bind = true } = raw;
  if (dist !== null && !styles.includes(dist as string) && !isColumn(dist)) {
    refuse('dist', 'all, even, auto or a described column');
  }
  const sortKeys = sort === undefined ? [] : Array.isArray(sort) ? sort : [sort];
  if (!sortKeys.every(isColumn)) refuse('sort', 'a described column or a list of them');
  if (sortType !== 'compound' && sortType !== 'interleaved') refuse('sort_type', 'compound or interleaved');
  if (typeof bind !== 'boolean') refuse('bind', 'true or false');
  return {
    dist: dist as string | null,
    sort: sortKeys as string[],
    sortType: sortType as 'compound' | 'interleaved',
    bind: bind as boolean,
  };
}
