import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('a process that used a PostgreSQL keeps its own exit code', () => {
  const script =
    "const { startPostgres } = await import('./local/postgres/temporary.ts');" +
    'await (await startPostgres()).stop(); process.exitCode = 3;';
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
});
