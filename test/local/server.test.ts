import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { expect, test } from 'vitest';
import { LocalError } from '../../local/errors.ts';
import { freePort } from '../../local/ports.ts';
import { postgresPrograms } from '../../local/postgres/programs.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { runInitdb, Server } from '../../local/postgres/server.ts';
import { serverUser } from '../../local/postgres/server-user.ts';
import { startPostgres } from '../../local/postgres/temporary.ts';
import { testFolder, useTemporaryFolder } from './support.ts';

const root = join(import.meta.dirname, '../..');

/** Starts a PostgreSQL in a child process, which then keeps running. */
async function startInChild() {
  const script =
    "const { startPostgres } = await import('./local/postgres/temporary.ts');" +
    'console.log(JSON.stringify((await startPostgres()).connection));';
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) {
    return { child, connection: JSON.parse(line) as PostgresConnection };
  }
  throw new Error('no PostgreSQL was started');
}

/** Waits until the folder is empty. */
function emptied(folder: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (readdirSync(folder).some((name) => name.startsWith('attribution-postgres-'))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    look();
  });
}

test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
  'a server stops and its files are removed when its parent is ended by %s',
  async (signal) => {
    const temporary = useTemporaryFolder();
    const { child, connection } = await startInChild();
    const client = new pg.Client(connection);
    const stopped = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    child.kill(signal);
    const [, endedBy] = await once(child, 'exit');
    expect(endedBy).toBe(signal);
    await stopped;
    await emptied(temporary);
  },
);

test('a stopped server leaves no files', async () => {
  const temporary = useTemporaryFolder();
  const server = await startPostgres();
  expect(serverFolders(temporary)).toHaveLength(1);
  await server.stop();
  expect(serverFolders(temporary)).toEqual([]);
});

test('a server that does not start reports why and leaves no files', async () => {
  const temporary = useTemporaryFolder();
  const started = startPostgres(['-c', 'no_such_setting=1']);
  await expect(started).rejects.toThrow(/^PostgreSQL did not start:\n.*no_such_setting/s);
  expect(serverFolders(temporary)).toEqual([]);
});

test.each([null, 'stopped with its parent'])(
  'a program that cannot be run fails the start, not the process: %s',
  async (stopped) => {
    const folder = testFolder(0o755);
    const user = serverUser();
    const program = join(folder, 'program');
    writeFileSync(program, '', { mode: 0o644 });
    const connection = {
      host: '127.0.0.1',
      port: await freePort(),
      user: 'postgres',
      password: '',
      database: 'postgres',
    };
    const disposable = stopped && join(folder, 'disposable');
    if (disposable !== null) mkdirSync(disposable);
    const server = new Server({
      ...{ postgres: program, user, data: join(folder, 'data'), log: join(folder, 'log') },
      ...{ connection, flags: [], disposable },
    });
    await expect(server.ready()).rejects.toThrow(/^PostgreSQL did not start:\n.*(EACCES|Permission denied)/s);
    await server.stop();
    if (disposable !== null) expect(existsSync(disposable)).toBe(true);

    const options = { user, data: join(folder, 'new'), password: '' };
    await expect(runInitdb({ ...options, initdb: program })).rejects.toThrow(LocalError);
    await expect(
      runInitdb({ ...options, data: join(folder, 'other'), initdb: join(folder, 'missing') }),
    ).rejects.toThrow(/could not be created: spawn .* ENOENT/);
  },
);

test('a second server on a port is not mistaken for the first', async () => {
  const first = await startPostgres();
  const folder = testFolder(0o755);
  const user = serverUser();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  const { initdb, postgres } = await postgresPrograms(user);
  const data = join(folder, 'data');
  await runInitdb({ initdb, user, data, password: first.connection.password });
  const options = { postgres, user, data, log: join(folder, 'log'), connection: first.connection };
  const second = new Server({ ...options, flags: [], disposable: null });
  await expect(second.ready()).rejects.toThrow(/^PostgreSQL did not start:\n.*Address already in use/s);
  await first.stop();
});

/** The folders of servers. A copy of the programs, which some checkouts need, stays. */
function serverFolders(temporary: string): string[] {
  return readdirSync(temporary).filter((name) => name.startsWith('attribution-postgres-'));
}
