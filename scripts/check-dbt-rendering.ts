/**
 * Checks that the dbt project's files mean the same to dbt's own template engine (Python's Jinja2) as to the runner in
 * src/embedded/dbt: every model (first run and incremental), hook and test is rendered by both and compared to the
 * letter. For a Redshift target it renders what dbt build and dbt compile would, tests inside the statement that dbt puts
 * around them, and tables as their contracts make them; looks at all that with the guard in scripts/redshift-guard, and
 * with sqlfluff at hand parses it as Redshift's dialect.
 *
 * Needs a Python with Jinja2 (Debian: python3-jinja2); PYTHON names another than /usr/bin/python3.
 * Exits with 1 on a difference or a fault, 2 where Python or Jinja2 is missing or sqlfluff does not work.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDbtProject, renderProjectOf, renderTemplate } from '../src/embedded/dbt/index.ts';
import type { DbtModel } from '../src/embedded/dbt/project-types.ts';
import { checkStatement, describeFindings } from './redshift-guard/check.ts';

interface Task {
  readonly file: string;
  readonly template: string;
  readonly thisName: string | null;
  readonly isIncremental: boolean;
  readonly target: 'postgres' | 'redshift';
  readonly command: 'build' | 'compile';
}

const python = process.env.PYTHON ?? '/usr/bin/python3';
const startedAt = '2026-01-02T03:04:05.000006Z';
const invocationId = 'check';
const loaded = loadDbtProject(fileURLToPath(new URL('../warehouse/dbt', import.meta.url)));
// The project accepts no edit at first, and then what an accepted one is rendered to would not be looked at.
const acceptedIterations = [
  { id: 17, created_at: '2026-01-02T03:04:05.000006Z' },
  { id: 18, strategy_id: 5 },
  { id: 19, gone: true },
];
const project = { ...loaded, vars: { ...loaded.vars, accepted_iterations: acceptedIterations } };
const rendering = renderProjectOf(project);

const built = { target: 'postgres', command: 'build' } as const;
const postgresTasks: Task[] = [
  ...project.models.flatMap(({ file, template, name, config }) =>
    [template, ...config.postHooks].flatMap((text) =>
      [false, true].map((isIncremental): Task => ({ ...built, file, template: text, thisName: name, isIncremental })),
    ),
  ),
  ...project.tests.map(
    ({ file, template }): Task => ({ ...built, file, template, thisName: null, isIncremental: false }),
  ),
];
const redshiftTasks = postgresTasks.flatMap((task): Task[] => [
  { ...task, target: 'redshift' },
  { ...task, target: 'redshift', command: 'compile' },
]);

const { status, stdout, stderr } = spawnSync(
  python,
  [fileURLToPath(new URL('check-dbt-rendering.py', import.meta.url))],
  {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    input: JSON.stringify({
      startedAt,
      invocationId,
      vars: project.vars,
      sources: Object.fromEntries(
        project.sources.map(({ source, table, schema, identifier }) => [
          `${source}.${table}`,
          `"${schema}"."${identifier}"`,
        ]),
      ),
      macros: project.macros.map(({ template }) => template),
      tasks: [...postgresTasks, ...redshiftTasks],
    }),
  },
);
if (status !== 0) {
  console.error(`${python} with Jinja2 could not render (Debian: apt-get install python3-jinja2).\n${stderr}`);
  process.exit(2);
}
const { rendered, queries } = JSON.parse(stdout) as { rendered: string[]; queries: [file: string, sql: string][] };

let differences = 0;
for (const [at, task] of postgresTasks.entries()) {
  const { sql } = renderTemplate(rendering, task.file, task.template, {
    schema: 'attribution',
    startedAt,
    invocationId,
    isIncremental: task.isIncremental,
    ...(task.thisName === null ? {} : { thisName: task.thisName }),
  });
  if (sql === rendered[at]) continue;
  differences += 1;
  console.error(
    `${task.file} is rendered differently.\n--- Jinja2\n${rendered[at]}\n--- this project's runner\n${sql}\n`,
  );
}
console.log(`${postgresTasks.length} templates rendered by Jinja2 and the runner, ${differences} of them differently`);

/** What dbt would send to a Redshift, each once, with the file that it comes from. */
const statements = new Map([
  ...redshiftTasks.flatMap((task, at) => {
    const sql = rendered[postgresTasks.length + at] ?? '';
    return sql.trim() === '' ? [] : [[asSent(sql, task), task.file] as const];
  }),
  // A template may ask the warehouse while it is rendered.
  ...queries.map(([file, sql]) => [sql, file] as const),
]);
const tables = project.models.flatMap((model) =>
  model.contract === null ? [] : [[createTable(model), model] as const],
);
const guarded = [...statements, ...tables.map(([sql, { file }]) => [sql, file] as const)];
const findings = guarded.flatMap(([sql, file]) => checkStatement(sql).map((finding) => [file, finding] as const));
for (const [file, finding] of findings) console.error(describeFindings(file, [finding]));
console.log(`${guarded.length} statements for Redshift guarded, ${findings.length} findings`);

const faults = parseAsRedshift();
process.exit(differences + findings.length + faults === 0 ? 0 : 1);

/** How dbt-redshift makes the table of a model with a contract, but for its keys and rows. */
function createTable({ name, contract }: DbtModel): string {
  const columns = contract?.columns.map((each) => `${each.name} ${each.dataType}${each.notNull ? ' not null' : ''}`);
  return `create table "attribution"."${name}" (
${columns?.join(',\n')}
)
`;
}

/** The keys that follow it; PostgreSQL's parser, and so the guard, can't read them. */
function tableKeys({ config: { redshift } }: DbtModel): string {
  const isStyle = redshift.dist === 'all' || redshift.dist === 'even';
  const dist = isStyle ? `diststyle ${redshift.dist}` : `diststyle key distkey (${redshift.dist})`;
  return `${dist}
${redshift.sortType} sortkey (${redshift.sort.join(', ')})
`;
}

/** A statement as dbt sends it: a test's is counted. */
function asSent(sql: string, { thisName }: Task): string {
  if (thisName !== null) return `${sql}\n`;
  return `select
  count(*) as failures,
  count(*) != 0 as should_warn,
  count(*) != 0 as should_error
from (
${sql}
) dbt_internal_test
`;
}

/** Gives the number of files that sqlfluff cannot parse; none where there is no sqlfluff. */
function parseAsRedshift(): number {
  if ((spawnSync('sqlfluff', ['--version']).error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    console.log('sqlfluff is not installed: the SQL was not parsed as Redshift');
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rendered-sql-'));
  try {
    mkdirSync(join(folder, 'sql'));
    const parsed = [...statements, ...tables.map(([sql, model]) => [sql + tableKeys(model), model.file] as const)];
    const files = new Map(
      parsed.map(([sql, file], at) => [join(folder, 'sql', `${at}-${file.replaceAll('/', '-')}.sql`), sql]),
    );
    for (const [path, sql] of files) writeFileSync(path, sql);
    const run = spawnSync('sqlfluff', ['parse', '--dialect', 'redshift', '--format', 'yaml', join(folder, 'sql')], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
    const trees = (run.stdout ?? '').split(/^- filepath: /m).slice(1);
    const unparsable = trees.filter((tree) => /^[\s-]*unparsable:/m.test(tree) || !/^[\s-]*statement:/m.test(tree));
    // It ends with 0 or 1, by version, where a file can't be parsed; a crash or a file left out is a fault of its own.
    if (run.error || trees.length !== files.size || (run.status !== 0 && unparsable.length === 0)) {
      const reason = run.error?.message ?? `${run.stderr.trim()} (${trees.length} of ${files.size} files parsed)`;
      console.error(`sqlfluff failed with ${run.status}: ${reason}`);
      process.exit(2);
    }
    for (const tree of unparsable) {
      const path = tree.slice(0, tree.indexOf('\n')).trim();
      console.error(`${basename(path)} can't be parsed as Redshift's SQL:\n${files.get(path) ?? ''}`);
    }
    console.log(`${files.size} statements parsed as Redshift's SQL, ${unparsable.length} faults`);
    return unparsable.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
