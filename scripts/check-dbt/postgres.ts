import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type DbtResult, failureOf, localProfile, runDbt } from '../../local/dbt.ts';
import { LocalError } from '../../local/errors.ts';
import { changesInAdsuite, changesInWarehouse } from './changes.ts';
import { readCommands } from './commands.ts';
import { buildLike, compareTables, requireEqual } from './equality.ts';
import { checkPublishing } from './publishing.ts';
import type { Warehouse } from './warehouse.ts';

export interface DbtOnPostgres {
  readonly dbt: string;
  /** The folder of dbt's artifacts. */
  readonly output: string;
  readonly report: (line: string) => void;
}

type Step = (warehouse: Warehouse) => Promise<void>;

/**
 * Runs dbt as the documentation says (with unit tests) and as the DAG does, each on a warehouse of its own: first on an
 * empty schema, then incrementally after the sources changed. After each, every table must equal the embedded runner's.
 *
 * @returns a warehouse with all tables
 */
export async function checkPostgres(original: Warehouse, options: DbtOnPostgres): Promise<Warehouse> {
  const { build, nightly, freshness, silver, gold } = readCommands();
  const { report } = options;
  const run = (words: readonly string[], vars: object = {}): Step => {
    return (warehouse) => requireDbt(warehouse, [...words, '--vars', JSON.stringify(vars)], options);
  };
  const asDocumented: Step = run(build);
  const asAirflow: Step = async (warehouse) => {
    const [clock] = await warehouse.query<{ now: string }>(`select to_json(clock_timestamp()) #>> '{}' as now`);
    const build = { as_of: clock?.now, build_id: randomUUID() };
    for (const words of [silver, gold]) await run(words, build)(warehouse);
  };
  const documented = await original.copy('documented');
  for (const [name, step, byDbt] of [
    ['documented', asDocumented, documented],
    ['airflow', asAirflow, await original.copy('airflow')],
  ] as const) {
    const byRunner = await original.copy(`${name}_runner`);
    for (const phase of ['first', 'incremental']) {
      report(`-- ${name}, ${phase} build`);
      if (phase === 'incremental') await change(byDbt, byRunner);
      await step(byDbt);
      await buildLike(byDbt, byRunner);
      requireEqual(`${name}, ${phase} build`, await compareTables(byDbt, byRunner), report);
    }
    report(`-- ${name}, other commands`);
    await run(nightly)(byDbt);
    await run(freshness)(byDbt);
    await run(['docs', 'generate'])(byDbt);
  }
  report('-- publishing');
  await checkPublishing(documented, {
    succeed: (words, vars = {}, project) =>
      run([...words, ...(project === undefined ? [] : ['--project-dir', project])], vars)(documented),
    fail: (words) => requireFailure(documented, words, options),
    // Its last option is --exclude.
    build: [...build, 'test_type:unit'],
    folder: join(options.output, 'earlier'),
    report,
  });
  return documented;
}

async function requireFailure(warehouse: Warehouse, words: readonly string[], options: DbtOnPostgres): Promise<void> {
  const result = await callDbt(warehouse, words, options);
  if (result.code !== 1) throw new LocalError(`dbt ${words.join(' ')} must fail, and ended with ${result.code}.`);
  options.report(
    `  dbt ${words.join(' ')} fails: ${result.messages.find(({ level }) => level === 'error')?.text.trim()}`,
  );
}

function callDbt(warehouse: Warehouse, words: readonly string[], options: DbtOnPostgres): Promise<DbtResult> {
  return runDbt({
    program: [options.dbt],
    words,
    output: options.output,
    profile: {
      ...localProfile(warehouse.login('attribution_dbt')),
      // Data tests may warn about the data; a deprecation is a fault of the project.
      DBT_WARN_ERROR_OPTIONS: '{"error": ["Deprecations"]}',
    },
  });
}

async function requireDbt(warehouse: Warehouse, words: readonly string[], options: DbtOnPostgres): Promise<void> {
  const started = performance.now();
  const result = await callDbt(warehouse, words, options);
  if (result.code !== 0) throw new LocalError(`dbt ${words.join(' ')}: ${failureOf(result)}`);
  const summary = result.messages.findLast(({ text }) => text.startsWith('Done.'))?.text ?? '';
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  options.report(`  dbt ${words.slice(0, -2).join(' ')} (${seconds} s) ${summary}`);
}

/** Changes the sources of both alike, and refreshes both mirrors. */
async function change(byDbt: Warehouse, byRunner: Warehouse): Promise<void> {
  for (const statement of changesInAdsuite) await byDbt.queryAdsuite(statement);
  const before = await byDbt.query<{ count: string }>('select count(*) from adsuite_mirror.refreshes');
  // now() would differ between the two.
  const now = `'${new Date().toISOString()}'::timestamptz`;
  for (const warehouse of [byDbt, byRunner]) {
    for (const statement of changesInWarehouse) await warehouse.query(statement.replaceAll('now()', now));
    await warehouse.refresh();
  }
  // The times of the two refreshes differ too.
  const rows = await byDbt.query<{ text: string }>(
    `select format('(%L, %L, %L)', view_name, started_at, finished_at) as text from adsuite_mirror.refreshes`,
  );
  if (rows.length <= Number(before[0]?.count)) throw new LocalError('The refreshes are not on record.');
  await byRunner.query('truncate adsuite_mirror.refreshes');
  await byRunner.query(`insert into adsuite_mirror.refreshes values ${rows.map(({ text }) => text).join(', ')}`);
}
