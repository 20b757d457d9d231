import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LocalError } from '../../local/errors.ts';
import { publishedName, servedTables } from '../../src/db/warehouse/tables.ts';
import { dbtFolder } from '../stack/dbt.ts';
import { type SentStatement, withoutComment } from './statements.ts';
import type { Warehouse } from './warehouse.ts';

/** The tables that each build publishes. */
const published = servedTables.filter((name) => publishedName(name, '1') !== name);

export interface Runs {
  /** Runs dbt, which must succeed. */
  readonly succeed: (words: readonly string[], vars?: object, project?: string) => Promise<void>;
  /** Runs dbt, which must fail. */
  readonly fail: (words: readonly string[]) => Promise<void>;
  /** The arguments of a build. */
  readonly build: readonly string[];
  /** A folder for a copy of the project. */
  readonly folder: string;
  readonly report: (line: string) => void;
}

/**
 * Checks on PostgreSQL what dbt does with the published tables: builds that follow one another, one whose tests fail, single
 * models, and the models of an earlier release. Two builds must exist.
 *
 * @throws {LocalError} if a table is not what it must be
 */
export async function checkPublishing(warehouse: Warehouse, runs: Runs): Promise<void> {
  const { succeed, fail, build, report } = runs;
  const expectState = async (
    what: string,
    kind: 'table' | 'view',
    numbers: readonly number[],
    newest: number | null,
  ) => {
    const expected = published.flatMap((name) => [
      ...numbers.map((number) => `${name}__${number} table`),
      `${name} ${kind}`,
    ]);
    same(what, await relations(warehouse), expected.toSorted());
    const [row] = await warehouse.query<{ number: number | null }>(
      'select tables_build_number::int as number from attribution.attribution_builds order by build_number desc limit 1',
    );
    same(`${what}: tables_build_number`, row?.number ?? null, newest);
    report(`  ${what}: ${kind}s, published ${numbers.join(', ')}`);
  };
  await expectState('two builds', 'view', [1, 2], 2);
  const second = await contents(warehouse, 2);

  // A test of the silver table fails after some of the published models have been built.
  const planted = "event_id = 'planted'";
  await warehouse.query('create table public.planted as select * from attribution.goal_complete_events limit 1');
  await warehouse.query("update public.planted set event_id = 'planted'");
  for (const _ of [1, 2])
    await warehouse.query('insert into attribution.goal_complete_events select * from public.planted');
  await fail(build);
  same('a failed build: newest row', (await relations(warehouse)).includes('strategies table'), true);
  same('a failed build: the published tables', await contents(warehouse, 2), second);
  await warehouse.query(`delete from attribution.goal_complete_events where ${planted}`);

  await succeed(build);
  await expectState('the next build', 'view', [1, 2, 3], 3);
  same('the second build', await contents(warehouse, 2), second);
  await fail(['run', '--select', 'data_quality_findings', 'attribution_builds']);
  await expectState('only its findings and row', 'view', [1, 2, 3], 3);
  await fail(['run', '--select', 'iteration_clicks_daily', 'data_quality_findings', 'attribution_builds']);
  same('a part of a build', (await relations(warehouse)).includes('iteration_clicks_daily table'), true);
  await succeed(['test', '--select', 'tag:expensive']);
  await succeed(build, { kept_builds: 2 });
  await expectState('a whole build again', 'view', [3, 4], 4);
  await succeed([...build, '--full-refresh'], { kept_builds: 2 });
  await expectState('a full refresh', 'view', [4, 5], 5);

  const earlier = earlierModels(runs.folder);
  await succeed(build, {}, earlier);
  await expectState('the models of an earlier release', 'table', [4, 5], null);
  await succeed(build);
  await expectState('the models of this release again', 'view', [4, 5, 7], 7);
  await checkReader(warehouse, 7);
  report('  the service may read the published tables and their views, and no more');
}

async function relations(warehouse: Warehouse): Promise<string[]> {
  const rows = await warehouse.query<{ text: string }>(
    `select relname || case relkind when 'v' then ' view' else ' table' end as text from pg_class
     where relnamespace = 'attribution'::regnamespace and relkind in ('r', 'v')
       and relname ~ '^(${published.join('|')})(__.*)?$'`,
  );
  return rows.map(({ text }) => text).toSorted();
}

/** A digest of each table that a build published. */
async function contents(warehouse: Warehouse, number: number): Promise<unknown[]> {
  const digests: unknown[] = [];
  for (const name of published) {
    digests.push(
      await warehouse.query(
        `select count(*), md5(string_agg(each::text, ';' order by each::text)) from attribution.${name}__${number} as each`,
      ),
    );
  }
  return digests;
}

async function checkReader(warehouse: Warehouse, number: number): Promise<void> {
  for (const name of published.flatMap((each) => [each, `${each}__${number}`])) {
    const rights = ['select', 'insert', 'update', 'delete'].map((right) => {
      return `has_table_privilege('attribution_service', 'attribution.${name}', '${right}')::int::text`;
    });
    const [row] = await warehouse.query<{ rights: string }>(`select ${rights.join(' || ')} as rights`);
    same(`rights of the service on ${name}`, row?.rights, '1000');
  }
}

/** A copy of the project without what publishes, as an earlier release has it. */
function earlierModels(folder: string): string {
  cpSync(dbtFolder, folder, { recursive: true, filter: (path) => !/[\\/](target|logs)$/.test(path) });
  const remove = (file: string, patterns: readonly RegExp[]) => {
    const path = join(folder, file);
    let text = readFileSync(path, 'utf8');
    for (const pattern of patterns) {
      if (!pattern.test(text)) throw new LocalError(`${file} does not match ${pattern}`);
      text = text.replace(pattern, '');
    }
    writeFileSync(path, text);
  };
  remove('models/marts/attribution_builds.sql', [/, "\{\{ publish_tables\(\) \}\}"/, /,\n.* as tables_build_number/]);
  remove('dbt_project.yml', [/, "\{\{ drop_old_tables\(\) \}\}"/]);
  remove('models/marts/_marts__models.yml', [/\n +- name: tables_build_number\n.*?(?=\n +- name:)/s]);
  remove('models/marts/_marts__unit_tests.yml', [/tables_build_number: 1, /, /tables_build_number: 3, /]);
  return folder;
}

function same(what: string, actual: unknown, expected: unknown): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new LocalError(`${what}: ${found}\nexpected: ${wanted}`);
}

/**
 * Checks the order of what dbt-redshift sends for the row of a build: it renames each table before it makes its view, writes the
 * row after all of them and in the same transaction, and drops old tables after that.
 *
 * @throws {LocalError} if the order is another
 */
export function requirePublished(
  statements: readonly SentStatement[],
  { drops }: { readonly drops: boolean },
  report: (line: string) => void,
): void {
  // The hooks of the run have no node.
  const sent = statements
    .filter(({ node }) => node === 'model.attribution.attribution_builds' || node === null)
    .map(({ sql }) => withoutComment(sql).replace(/;$/, ''));
  const at = (pattern: RegExp, from = 0) => sent.findIndex((sql, index) => index >= from && pattern.test(sql));
  const row = at(/^(insert into|create\s+table) "(\w+"\.")?attribution"\."attribution_builds"\s/);
  const faults: string[] = [];
  const begin = sent.findLastIndex((sql, index) => index < row && sql === 'BEGIN');
  for (const name of published) {
    const rename = at(new RegExp(`^alter table "attribution"."${name}" rename to "${name}__\\d+"$`));
    const view = at(
      new RegExp(
        `^create view "attribution"."${name}" as select . from "attribution"."${name}__\\d+" with no schema binding$`,
      ),
    );
    if (begin < 0 || !(begin < rename && rename < view && view < row))
      faults.push(`${name}: ${[begin, rename, view, row]}`);
  }
  const commit = at(/^COMMIT$/i, begin);
  if (row < 0 || commit < row) faults.push(`the transaction ends at ${commit}, the row is ${row}`);
  const dropped = sent.flatMap((sql, index) => (/^drop table .*__\d+"/.test(sql) ? [index] : []));
  if (dropped.some((index) => index < commit)) faults.push('a table is dropped before the row is committed');
  if (dropped.length > 0 !== drops) faults.push(`${dropped.length} tables are dropped`);
  if (faults.length > 0) throw new LocalError(`Publishing on Redshift: ${faults.join('\n')}\n${sent.join('\n')}`);
  report(
    `  ${published.length} tables are published before the row, in its transaction; ${dropped.length} old ones are dropped after it`,
  );
}
