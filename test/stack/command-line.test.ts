import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readFlags, usage } from '../../scripts/stack/command-line.ts';

const stack = join(import.meta.dirname, '../../scripts/stack.ts');
const run = (...words: string[]) => spawnSync(process.execPath, [stack, ...words], { encoding: 'utf8' });

test('flags are off unless given', () => {
  expect(readFlags([])).toEqual({ airflow: false, dbt: false, help: false });
  expect(readFlags(['--dbt'])).toEqual({ airflow: false, dbt: true, help: false });
});

test('--help prints the options and starts nothing', () => {
  expect(run('--help')).toMatchObject({ status: 0, stdout: `${usage}\n`, stderr: '' });
});

test.each(['--bdt', '-x', 'dbt', '--dbt=yes'])('%s is refused with the list of options', (word) => {
  const { status, stdout, stderr } = run(word);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toContain(word.split('=')[0]);
  expect(stderr.endsWith(`\n${usage}\n`)).toBe(true);
});
