import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pythonEnvironment } from '../../local/python/environment.ts';
import { testFolder } from './support.ts';

const locks = join(import.meta.dirname, '../../local/python');

/** The lock files of this repository, except that dbt's has only `content`. */
function placeWith(content: string) {
  const folder = testFolder(0o755);
  cpSync(join(locks, 'uv.txt'), join(folder, 'uv.txt'));
  writeFileSync(join(folder, 'dbt.txt'), content);
  const cache = join(folder, 'cache');
  mkdirSync(cache);
  const lines: string[] = [];
  const install = () =>
    pythonEnvironment('dbt', (line) => lines.push(line), { cache, locks: folder, python: process.env.PYTHON });
  return { cache, lines, install };
}

/** The names in the cache, without digests. */
const kept = (cache: string) => readdirSync(cache).map((name) => name.replace(/[0-9a-f]{12}/, '…'));

const ended = spawnSync('true').pid;

test.each([
  ['a line that is not a requirement', 'not a requirement\n', /not a requirement/],
  ['a package without a hash', 'sqlglot==30.30.0\n', /--require-hashes/],
])('%s in a lock file fails with its message, and leaves nothing behind', async (_what, content, message) => {
  const { cache, install } = placeWith(content);
  await expect(install()).rejects.toThrow(message);
  expect(kept(cache)).toEqual(['uv-…']);
});

test('a wrong hash of uv fails with its message, and leaves nothing behind', async () => {
  const { cache, install } = placeWith('');
  writeFileSync(join(cache, '../uv.txt'), `uv==0.13.9 --hash=sha256:${'0'.repeat(64)}\n`);
  await expect(install()).rejects.toThrow(/DO NOT MATCH THE HASHES/);
  expect(readdirSync(cache)).toEqual([]);
});

test('an installation replaces older ones and what killed ones left, and is repeated when its Python is gone', async () => {
  const { cache, lines, install } = placeWith('');
  const digest = '0123456789ab';
  const running = `dbt-${digest}.${process.pid}.7`;
  for (const name of [`dbt-${digest}`, `dbt-${digest}.${ended}.1`, `uv-${digest}.${ended}`, running, 'airflow-2-x']) {
    mkdirSync(join(cache, name));
  }
  const { bin, program } = await install();
  expect(kept(cache)).toEqual([
    'airflow-2-x',
    expect.stringMatching(/^dbt-…/),
    expect.stringMatching(/^dbt-…/),
    'uv-…',
  ]);
  expect(readdirSync(cache)).toContain(running);
  expect(spawnSync(program('python'), ['--version'], { encoding: 'utf8' }).stdout).toMatch(/^Python 3\./);
  const before = lines.length;
  await install();
  expect(lines).toHaveLength(before);

  unlinkSync(program('python'));
  symlinkSync('/missing/python', program('python'));
  expect(await install()).toMatchObject({ bin });
  expect(lines.slice(before)).toEqual([
    'Installing the Python packages of dbt (a minute or two, once)',
    expect.stringMatching(/^Installed dbt in/),
  ]);
  expect(spawnSync(program('python'), ['--version']).status).toBe(0);
});
