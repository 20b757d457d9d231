import { LocalError } from '../../local/errors.ts';
import { loadDbtProject, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { dbtFolder } from '../stack/dbt.ts';
import { withClient } from '../stack/logins.ts';
import type { Warehouse } from './warehouse.ts';

/** The only column that must differ: the clock when the build ended. */
const excluded: Readonly<Record<string, readonly string[]>> = { attribution_builds: ['finished_at'] };

const project = loadDbtProject(dbtFolder);
/** All tables of the project. */
export const tables = project.models.filter(({ config }) => config.materialized !== 'view').map(({ name }) => name);

type Queried = Pick<Warehouse, 'query'>;

/** One table, built by dbt and by the embedded runner. */
export interface Comparison {
  readonly table: string;
  readonly rows: number;
  /** The columns or the first row that only one of them has; null if all are equal. */
  readonly difference: string | null;
}

/**
 * Builds the models with the embedded runner, from the same data as dbt's newest build and with its id, as_of and start,
 * so that the tables must be equal.
 */
export async function buildLike(byDbt: Warehouse, byRunner: Warehouse): Promise<void> {
  const text = (column: string) =>
    `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${column}`;
  const [build] = await byDbt.query<{ build_id: string; as_of: string; started_at: string }>(
    `select build_id, ${text('as_of')}, ${text('started_at')} from attribution.attribution_builds
     order by build_number desc limit 1`,
  );
  if (build === undefined) throw new LocalError('dbt recorded no build.');
  await withClient(byRunner.login('attribution_dbt'), (client) =>
    runDbtProject(project, client, { invocationId: build.build_id, asOf: build.as_of, startedAt: build.started_at }),
  );
}

/** Compares every table: columns with their types, then all rows. */
export async function compareTables(byDbt: Queried, byRunner: Queried): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const table of tables) {
    const [dbt, runner] = [await contentOf(byDbt, table), await contentOf(byRunner, table)];
    const difference = firstDifference(dbt.columns, runner.columns) ?? firstDifference(dbt.rows, runner.rows) ?? null;
    comparisons.push({ table, rows: dbt.rows.length, difference });
  }
  return comparisons;
}

async function contentOf(warehouse: Queried, table: string): Promise<{ columns: string[]; rows: string[] }> {
  const relation = `attribution.${table}`;
  const left = (excluded[table] ?? []).map((column) => ` - '${column}'`).join('');
  const columns = await warehouse.query<{ text: string }>(
    `select attname || ' ' || format_type(atttypid, atttypmod) as text from pg_attribute
     where attrelid = '${relation}'::regclass and attnum > 0 and not attisdropped order by attnum`,
  );
  const rows = await warehouse.query<{ text: string }>(
    `select text collate "C" as text from (select (to_jsonb(each)${left})::text as text from ${relation} as each) as texts
     order by 1`,
  );
  return { columns: columns.map(({ text }) => text), rows: rows.map(({ text }) => text) };
}

/** Both are sorted alike. */
function firstDifference(dbt: readonly string[], runner: readonly string[]): string | null {
  for (let at = 0; at < Math.max(dbt.length, runner.length); at += 1) {
    if (dbt[at] !== runner[at]) return `dbt: ${dbt[at] ?? 'nothing'}\n    runner: ${runner[at] ?? 'nothing'}`;
  }
  return null;
}

/**
 * Prints the comparisons as a table.
 *
 * @throws {LocalError} if a table differs, or is empty and so proves nothing
 */
export function requireEqual(what: string, comparisons: readonly Comparison[], report: (line: string) => void): void {
  const width = Math.max(...tables.map((table) => table.length));
  report(`  ${'table'.padEnd(width)}  ${'rows'.padStart(7)}  equal`);
  for (const { table, rows, difference } of comparisons) {
    report(`  ${table.padEnd(width)}  ${String(rows).padStart(7)}  ${difference === null ? 'yes' : 'NO'}`);
  }
  const faults = comparisons.flatMap(({ table, rows, difference }) => {
    if (difference !== null) return [`${table} differs:\n    ${difference}`];
    return rows === 0 ? [`${table} is empty`] : [];
  });
  if (faults.length > 0) throw new LocalError(`${what}: ${faults.join('\n')}`);
}
