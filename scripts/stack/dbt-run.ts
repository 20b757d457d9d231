import { join } from 'node:path';
import type { Client } from 'pg';
import { DbtProjectError, loadDbtProject, type RunOptions, runDbtProject } from '../../src/embedded/dbt/index.ts';
import { count } from '../../src/embedded/progress.ts';
import { runTests, splitTests } from './data-tests.ts';
import { StackError } from './errors.ts';

export const dbtFolder = join(import.meta.dirname, '../../warehouse/dbt');

/** Its newest row is what the service takes for the data's version. */
const announcement = 'attribution_builds';

export interface DbtRun {
  /** The build's id. */
  readonly invocationId: string;
  /** Where the open windows end; RFC 3339. */
  readonly asOf: string;
  readonly fullRefresh: boolean;
  readonly report: (line: string) => void;
}

/**
 * Builds the dbt project's models and runs its data tests, as `dbt build` does in production: a build is announced only
 * when the tests of what it is made of have passed. Throws a StackError naming what failed.
 */
export async function runDbt(dbt: Client, { invocationId, asOf, fullRefresh, report }: DbtRun): Promise<void> {
  const project = loadDbtProject(dbtFolder);
  const names = project.models.map((model) => model.name);
  const { reading, rest } = splitTests(project, announcement);
  const options: RunOptions = { invocationId, asOf, startedAt: asOf, fullRefresh };
  let built = 0;
  const build = async (select: readonly string[]) => {
    const onModel: RunOptions['onModel'] = ({ name, rows, milliseconds }) => {
      built += 1;
      const made = rows === null ? '' : `, ${count(rows)} rows`;
      report(`  ${built}/${names.length} ${name}${made} (${(milliseconds / 1000).toFixed(1)} s)`);
    };
    try {
      await runDbtProject(project, dbt, { ...options, select, onModel });
    } catch (error) {
      if (error instanceof DbtProjectError) throw new StackError(`The dbt project can't be run: ${error.message}`);
      throw error;
    }
  };
  await build(names.filter((name) => name !== announcement));
  await runTests(project, rest, { dbt, options, report });
  await build([announcement]);
  await runTests(project, reading, { dbt, options, report });
}
