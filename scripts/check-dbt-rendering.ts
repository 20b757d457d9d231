/**
 * Checks that dbt's template engine (Python's Jinja2) and the runner in src/embedded/dbt render the dbt project to the
 * same text: every model (first run and incremental), hook and test. For a Redshift target it renders what dbt build and
 * dbt compile send: models, tests inside the statement that dbt wraps around them, and tables from their contracts. It
 * lints that SQL with scripts/redshift-lint and, if sqlfluff is installed, parses it in Redshift's dialect.
 *
 * Needs Python with Jinja2 (Debian: python3-jinja2); PYTHON sets the interpreter, by default /usr/bin/python3.
 * Exits with 1 on a difference or a fault, with 2 if Python or Jinja2 is missing or sqlfluff fails.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDbtProject, renderProjectOf, renderTemplate } from '../src/embedded/dbt/index.ts';
import type { DbtModel } from '../src/embedded/dbt/project-types.ts';
import { checkStatement, describeFindings } from './redshift-lint/check.ts';

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
// The project accepts no edits by default, so their rendering would not be checked.
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

/** The distinct statements that dbt would send to Redshift, with their source files. */
const statements = new Map([
  ...redshiftTasks.flatMap((task, at) => {
    const sql = rendered[postgresTasks.length + at] ?? '';
    return sql.trim() === '' ? [] : [[asSent(sql, task), task.file] as const];
  }),
  // A template may query the warehouse while it is rendered.
  ...queries.map(([file, sql]) => [sql, file] as const),
]);
const tables = project.models.flatMap((model) =>
  model.contract === null ? [] : [[createTable(model), model] as const],
);
const linted = [...statements, ...tables.map(([sql, { file }]) => [sql, file] as const)];
const findings = linted.flatMap(([sql, file]) => checkStatement(sql).map((finding) => [file, finding] as const));
for (const [file, finding] of findings) console.error(describeFindings(file, [finding]));
console.log(`${linted.length} statements for Redshift checked, ${findings.length} findings`);

const faults = parseAsRedshift();
process.exit(differences + findings.length + faults === 0 ? 0 : 1);

/** The CREATE TABLE that dbt-redshift generates for a model with a contract, without its keys and rows. */
function createTable({ name, contract }: DbtModel): string {
  const columns = contract?.columns.map((each) => `${each.name} ${each.dataType}${each.notNull ? ' not null' : ''}`);
  return `create table "attribution"."${name}" (
${columns?.join(',\n')}
)
`;
}

/** The distribution and sort keys that follow it. PostgreSQL's parser, and so the linter, can't parse them. */
function tableKeys({ config: { redshift } }: DbtModel): string {
  const isStyle = redshift.dist === 'all' || redshift.dist === 'even';
  const dist = isStyle ? `diststyle ${redshift.dist}` : `diststyle key distkey (${redshift.dist})`;
  return `${dist}
${redshift.sortType} sortkey (${redshift.sort.join(', ')})
`;
}

/** A statement as dbt sends it: dbt wraps a test in a count. */
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

/** @returns the number of files that sqlfluff cannot parse; 0 if sqlfluff is not installed. */
function parseAsRedshift(): number {
  if ((spawnSync('sqlfluff', ['--version']).error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    console.log('sqlfluff is not installed: the SQL was not parsed as Redshift SQL');
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
    // If a file can't be parsed, the exit code is 0 or 1, depending on the version. A crash or a skipped file is fatal.
    if (run.error || trees.length !== files.size || (run.status !== 0 && unparsable.length === 0)) {
      const reason = run.error?.message ?? `${run.stderr.trim()} (${trees.length} of ${files.size} files parsed)`;
      console.error(`sqlfluff failed with ${run.status}: ${reason}`);
      process.exit(2);
    }
    for (const tree of unparsable) {
      const path = tree.slice(0, tree.indexOf('\n')).trim();
      console.error(`${basename(path)} can't be parsed as Redshift SQL:\n${files.get(path) ?? ''}`);
    }
    console.log(`${files.size} statements parsed as Redshift SQL, ${unparsable.length} faults`);
    return unparsable.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
