import type { Client } from 'pg';
import {
  type loadDbtProject,
  type RunOptions,
  renderProjectOf,
  renderTemplate,
  renderTest,
} from '../../src/embedded/dbt/index.ts';
import { count } from '../../src/embedded/progress.ts';
import { StackError } from './errors.ts';

type Project = ReturnType<typeof loadDbtProject>;

/** The project's data tests, those that read `model` apart from the rest. */
export function splitTests(project: Project, model: string): { reading: Project['tests']; rest: Project['tests'] } {
  const reads = ({ file, template }: Project['tests'][number]) => {
    const context = { schema: 'attribution', startedAt: '1970-01-01T00:00:00Z', invocationId: 'parse' };
    return renderTemplate(renderProjectOf(project), file, template, context).refs.includes(model);
  };
  const reading = project.tests.filter(reads);
  return { reading, rest: project.tests.filter((test) => !reading.includes(test)) };
}

/** Runs data tests; reports how many passed and which warned, and throws a StackError that names those that failed. */
export async function runTests(
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
  if (failed.length > 0) throw new StackError(`Data tests failed: ${failed.join(', ')}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const warnings = warned.length === 0 ? '' : `; warned: ${warned.join(', ')}`;
  report(`  ${tests.length - warned.length} data tests passed (${seconds} s)${warnings}`);
}
