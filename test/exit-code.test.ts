import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a process that fails after it used a PostgreSQL of the tests ends with its own exit code', () => {
  const script = "await import('./test/support/postgres.ts'); process.exitCode = 3";
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
});
