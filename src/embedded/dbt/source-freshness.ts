import nunjucks from 'nunjucks';
import { DbtProjectError } from './project-error.ts';
import type { DbtFreshness } from './project-types.ts';
import { type Mapping, mapping, onlyKeys, text } from './yaml.ts';

const minutesOf: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 24 * 60 };

/**
 * Reads the freshness limits of a source table; null if it has none. `dbt source freshness` checks the data; this
 * runner only checks that the limits are complete.
 */
export function readFreshness(file: string, name: string, config: Mapping, vars: Mapping): DbtFreshness | null {
  if (config.freshness === undefined && config.loaded_at_field === undefined) return null;
  const freshness = mapping(file, `the freshness of ${name}`, config.freshness);
  onlyKeys(file, `the freshness of ${name}`, freshness, ['warn_after', 'error_after', 'filter']);
  const warnAfter = readMinutes(file, `warn_after of ${name}`, freshness.warn_after, vars);
  const errorAfter = readMinutes(file, `error_after of ${name}`, freshness.error_after, vars);
  if (warnAfter >= errorAfter) throw new DbtProjectError(file, `warn_after of ${name} must be less than error_after`);
  return {
    loadedAtField: text(file, `loaded_at_field of ${name}`, config.loaded_at_field),
    filter: freshness.filter === undefined ? null : renderFilter(file, name, freshness.filter),
    warnAfter,
    errorAfter,
  };
}

function readMinutes(file: string, what: string, value: unknown, vars: Mapping): number {
  const limit = mapping(file, what, value);
  onlyKeys(file, what, limit, ['count', 'period']);
  const unit = minutesOf[text(file, `the period of ${what}`, limit.period)];
  if (unit === undefined) throw new DbtProjectError(file, `the period of ${what} must be minute, hour or day`);
  const count = typeof limit.count === 'string' ? vars[varName(limit.count)] : limit.count;
  if (typeof count === 'number' && Number.isInteger(count) && count > 0) return count * unit;
  throw new DbtProjectError(file, `the count of ${what} must be an integer, or a var with an integer value`);
}

/** The only template that this project's property files use: an integer that --vars can change. */
function varName(template: string): string {
  return /^\{\{ var\('(\w+)'\) \| as_number \}\}$/.exec(template)?.[1] ?? '';
}

/** A filter may depend on the database, as only Redshift has getdate(). */
function renderFilter(file: string, name: string, value: unknown): string {
  const environment = new nunjucks.Environment(null, { autoescape: false, throwOnUndefined: true });
  try {
    return environment.renderString(text(file, `the filter of ${name}`, value), { target: { type: 'postgres' } });
  } catch (error) {
    if (error instanceof DbtProjectError) throw error;
    throw new DbtProjectError(file, `the filter of ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
