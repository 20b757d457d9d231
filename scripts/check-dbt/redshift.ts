import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DbtResult, failureOf, runDbt } from '../../local/dbt.ts';
import { LocalError } from '../../local/errors.ts';
import { readCommands } from './commands.ts';
import { parseStatements, requireParserFindsFaults } from './parse.ts';
import { requirePublished } from './publishing.ts';
import { lintStatements, requireComplete, type SentStatement, withoutComment } from './statements.ts';
import type { Warehouse } from './warehouse.ts';

export interface DbtOnRedshift {
  readonly python: string;
  /** The folder of dbt's artifacts. */
  readonly output: string;
  /** A warehouse with all tables, to answer the adapter's questions about columns. */
  readonly built: Warehouse;
  readonly report: (line: string) => void;
}

/** The project accepts no edits by default, so their rendering would not be checked. */
const acceptedIterations = [
  { id: 17, created_at: '2026-01-02T03:04:05.000006Z' },
  { id: 18, strategy_id: 5 },
  { id: 19, gone: true },
];

/**
 * Runs dbt with the real dbt-redshift adapter and recorded statements (redshift.py): parse, compile, a build in an empty
 * schema, a build where everything exists, the nightly tests. Warnings are errors. Then sqlglot parses every statement as
 * Redshift SQL, and scripts/redshift-lint checks those of the project.
 */
export async function checkRedshift(options: DbtOnRedshift): Promise<void> {
  const { python, output, built, report } = options;
  requireParserFindsFaults(python, report);
  mkdirSync(output, { recursive: true });
  const { buildOnRedshift, nightly } = readCommands();
  const columns = JSON.stringify(await relationsOf(built));
  // Two builds are kept, so that the tables of the first of three are dropped.
  const vars = ['--vars', JSON.stringify({ accepted_iterations: acceptedIterations, kept_builds: 2 })];
  const run = async (what: string, words: readonly string[], env: Record<string, string> = {}) => {
    const { result, statements } = await record(options, ['--warn-error', ...words, ...vars], env);
    if (result.code !== 0) throw new LocalError(`dbt ${words.join(' ')}: ${failureOf(result)}`);
    report(`  ${what}: ${statements.length} statements`);
    return statements;
  };
  await run('parse', ['parse']);
  const compile = await run('compile', ['compile']);
  const first = await run('build in an empty schema', buildOnRedshift);
  const again = await run('build where everything exists', buildOnRedshift, { COLUMNS: columns });
  const tests = await run('nightly tests', nightly, { COLUMNS: columns });
  requireComplete(readManifest(output), { first, again, tests }, report);
  requirePublished(first, { drops: false }, report);
  requirePublished(again, { drops: true }, report);

  const all = [...compile, ...first, ...again, ...tests];
  const distinct = [...new Map(all.map((each) => [withoutComment(each.sql), each])).values()];
  parseStatements(python, distinct, report);
  lintStatements(distinct, report);
  await requireNoRepetition(options);
}

/** Runs dbt and returns what it would have sent. */
async function record(
  { python, output }: DbtOnRedshift,
  words: readonly string[],
  env: Record<string, string>,
): Promise<{ result: DbtResult; statements: SentStatement[] }> {
  const file = join(output, 'statements.jsonl');
  rmSync(file, { force: true });
  const result = await runDbt({
    program: [python, join(import.meta.dirname, 'redshift.py')],
    words,
    output,
    profile: {
      ...{ DBT_TARGET: 'redshift', WAREHOUSE_HOST: 'redshift.invalid', WAREHOUSE_PASSWORD: 'none' },
      ...{ PYTHONDONTWRITEBYTECODE: '1', STATEMENTS: file },
      ...env,
    },
  });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return { result, statements: lines.map((line) => JSON.parse(line) as SentStatement) };
}

/** The relations of the schema, with their columns. */
async function relationsOf(warehouse: Warehouse): Promise<object> {
  const rows = await warehouse.query<{
    name: string;
    type: string;
    comment: string | null;
    columns: [string, string][];
  }>(
    `select relname as name, case relkind when 'v' then 'view' else 'table' end as type,
       obj_description(pg_class.oid, 'pg_class') as comment,
       json_agg(json_build_array(attname, format_type(atttypid, null)) order by attnum) as columns
     from pg_class join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where relnamespace = 'attribution'::regnamespace and relkind in ('r', 'v') group by pg_class.oid, relname, relkind`,
  );
  return Object.fromEntries(rows.map(({ name, ...rest }) => [name, rest]));
}

interface Manifest {
  readonly nodes: Readonly<Record<string, { resource_type: string; config: { materialized: string }; tags: string[] }>>;
}

const readManifest = (output: string) => JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8')) as Manifest;

/**
 * Checks that a conflict with another transaction fails the model. If dbt-redshift repeated the statement, the ones before
 * it in the transaction would be lost, and dbt would report success.
 */
async function requireNoRepetition(options: DbtOnRedshift): Promise<void> {
  const conflict = 'analyze "attribution"."strategies"';
  const words = ['run', '--select', 'strategies'];
  const { result, statements } = await record(options, words, { CONFLICT: conflict });
  const sent = statements.filter(({ sql }) => sql.includes(conflict)).length;
  if (result.code === 0 || sent !== 1) {
    throw new LocalError(
      `dbt sent "${conflict}" ${sent} times and ended with ${result.code}; it must fail after the conflict.`,
    );
  }
  options.report('  a conflict with another transaction fails the model, and no statement is repeated');
}
