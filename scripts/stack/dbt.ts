import { join } from 'node:path';
import type { Client } from 'pg';
import { LocalError } from '../../local/errors.ts';
import {
  DbtProjectError,
  loadDbtProject,
  type RunOptions,
  renderProjectOf,
  renderTemplate,
  renderTest,
  runDbtProject,
} from '../../src/embedded/dbt/index.ts';
import { count } from '../../src/embedded/progress.ts';

export const dbtFolder = join(import.meta.dirname, '../../warehouse/dbt');

/** The service serves a build once this model has its row. */
const announcement = 'attribution_builds';

export interface DbtBuild {
  /** The build's id. */
  readonly invocationId: string;
  /** The end of open windows; RFC 3339. */
  readonly asOf: string;
  readonly fullRefresh: boolean;
  readonly report: (line: string) => void;
}

/**
 * Builds the dbt project's models and runs its data tests, like `dbt build` in production. A build is announced only
 * after the tests of its other models have passed.
 *
 * @returns the build's id
 * @throws {LocalError} with the names of the failed tests, or the reason that the project can't be run
 */
export async function runDbtBuild(dbt: Client, build: DbtBuild): Promise<string> {
  const { invocationId, asOf, fullRefresh, report } = build;
  const project = loadDbtProject(dbtFolder);
  const names = project.models.map((model) => model.name);
  const { ofModel, others } = splitTests(project, announcement);
  const options: RunOptions = { invocationId, asOf, startedAt: asOf, fullRefresh };
  let built = 0;
  const run = async (select: readonly string[]) => {
    const onModel: RunOptions['onModel'] = ({ name, rows, milliseconds }) => {
      built += 1;
      const size = rows === null ? '' : `, ${count(rows)} rows`;
      report(`  ${built}/${names.length} ${name}${size} (${(milliseconds / 1000).toFixed(1)} s)`);
    };
    try {
      await runDbtProject(project, dbt, { ...options, select, onModel });
    } catch (error) {
      if (error instanceof DbtProjectError) throw new LocalError(`The dbt project can't be run: ${error.message}`);
      throw error;
    }
  };
  await run(names.filter((name) => name !== announcement));
  await runTests(project, others, { dbt, options, report });
  await run([announcement]);
  await runTests(project, ofModel, { dbt, options, report });
  return invocationId;
}

type Project = ReturnType<typeof loadDbtProject>;

/** Splits the data tests into those that read `model` and the others. */
function splitTests(project: Project, model: string): { ofModel: Project['tests']; others: Project['tests'] } {
  const readsModel = ({ file, template }: Project['tests'][number]) => {
    const context = { schema: 'attribution', startedAt: '1970-01-01T00:00:00Z', invocationId: 'parse' };
    return renderTemplate(renderProjectOf(project), file, template, context).refs.includes(model);
  };
  const ofModel = project.tests.filter(readsModel);
  return { ofModel, others: project.tests.filter((test) => !ofModel.includes(test)) };
}

async function runTests(
  project: Project,
  tests: Project['tests'],
  { dbt, options, report }: { dbt: Client; options: RunOptions; report: (line: string) => void },
): Promise<void> {
  const started = performance.now();
  const warned: string[] = [];
  const failed: string[] = [];
  for (const test of tests) {
    const { rowCount } = await dbt.query(renderTest(project, test, options));
    if (rowCount) (test.severity === 'warn' ? warned : failed).push(`${test.name} (${count(rowCount)} rows)`);
  }
  if (failed.length > 0) throw new LocalError(`Data tests failed: ${failed.join(', ')}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const warnings = warned.length === 0 ? '' : `; warnings: ${warned.join(', ')}`;
  report(`  ${tests.length - warned.length} data tests passed (${seconds} s)${warnings}`);
}
