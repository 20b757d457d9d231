/**
 * Checks that the dbt project's files mean the same to dbt's own template engine (Python's Jinja2) as to the runner in
 * src/embedded/dbt: every model (first run and incremental), hook and test is rendered by both and compared to the
 * letter. With sqlfluff at hand it also parses what a Redshift target gets as Redshift's dialect.
 *
 * Needs a Python with Jinja2 (Debian: python3-jinja2); PYTHON names another than /usr/bin/python3.
 * Exits with 1 on a difference, 2 where Python or Jinja2 is missing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDbtProject, renderProjectOf, renderTemplate } from '../src/embedded/dbt/index.ts';

interface Task {
  readonly file: string;
  readonly template: string;
  readonly thisName: string | null;
  readonly isIncremental: boolean;
  readonly target: 'postgres' | 'redshift';
}

const python = process.env.PYTHON ?? '/usr/bin/python3';
const startedAt = '2026-01-02T03:04:05.000006Z';
const invocationId = 'check';
const project = loadDbtProject(fileURLToPath(new URL('../warehouse/dbt', import.meta.url)));
const rendering = renderProjectOf(project);

const postgresTasks: Task[] = [
  ...project.models.flatMap(({ file, template, name, config }) =>
    [template, ...config.postHooks].flatMap((text) =>
      [false, true].map(
        (isIncremental): Task => ({ file, template: text, thisName: name, isIncremental, target: 'postgres' }),
      ),
    ),
  ),
  ...project.tests.map(
    ({ file, template }): Task => ({ file, template, thisName: null, isIncremental: false, target: 'postgres' }),
  ),
];
const redshiftTasks = postgresTasks.map((task): Task => ({ ...task, target: 'redshift' }));

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
        project.sources.map(({ source, table, schema }) => [`${source}.${table}`, `"${schema}"."${table}"`]),
      ),
      macros: project.macros.map(({ template }) => template),
      tasks: [...postgresTasks, ...redshiftTasks],
    }),
  },
);
if (status !== 0) {
  console.error(`${python} with Jinja2 is needed for this check (Debian: apt-get install python3-jinja2).\n${stderr}`);
  process.exit(2);
}
const rendered = JSON.parse(stdout) as string[];

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
console.log(
  `${postgresTasks.length} templates rendered by Jinja2 ${status === 0 && differences === 0 ? 'and the runner alike' : ''}`,
);

differences += parseAsRedshift();
process.exit(differences === 0 ? 0 : 1);

/** Gives the number of files that sqlfluff cannot parse; none where there is no sqlfluff. */
function parseAsRedshift(): number {
  if (spawnSync('sqlfluff', ['--version']).status !== 0) {
    console.log('sqlfluff is not installed: the SQL was not parsed as Redshift');
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'rendered-sql-'));
  try {
    mkdirSync(join(folder, 'sql'));
    const statements = new Map(redshiftTasks.map((task, at) => [`${rendered[postgresTasks.length + at]}\n`, task]));
    for (const [sql, { file, isIncremental }] of statements) {
      // A generic test comes from a property file, of which there are many: the text tells them apart.
      const suffix = file.endsWith('.sql') ? '' : `-${Buffer.from(sql).toString('base64url').slice(10, 90)}`;
      const name = `${file.replaceAll('/', '-').slice(0, 90)}${isIncremental ? '-incremental' : ''}${suffix}.sql`;
      if (sql.trim() !== '') writeFileSync(join(folder, 'sql', name), sql);
    }
    const run = spawnSync('sqlfluff', ['parse', '--dialect', 'redshift', join(folder, 'sql')], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    });
    const unparsable = run.stdout.split('\n').filter((line) => /unparsable|PRS/i.test(line));
    for (const line of unparsable) console.error(line);
    console.log(`${statements.size} statements parsed as Redshift's SQL, ${unparsable.length} faults`);
    return unparsable.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
