import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WireServer } from '../../src/embedded/wire.ts';
import { type Opened, open, temporaryFolder, writeFiles } from './support.ts';

const root = temporaryFolder();
let warehouse: Opened;
const clients: pg.Client[] = [];

async function client(): Promise<pg.Client> {
  const made = new pg.Client(warehouse.connection);
  await made.connect();
  clients.push(made);
  return made;
}

beforeAll(async () => {
  warehouse = await open(join(root, 'data'), { csvFolder: writeFiles(join(root, 'csv')) });
});

afterAll(async () => {
  await Promise.all(clients.map((each) => each.end()));
  await warehouse.close();
  rmSync(root, { recursive: true, force: true });
});

test('every client gets the answer to its own question, however large and in how many pieces it arrives', async () => {
  await Promise.all(
    [300_000, 400_000, 5, 70_000].map(async (size, index) => {
      const mine = await client();
      for (let round = 0; round < 40; round++) {
        const { rows } = await mine.query(`select length($1::text) as size, ${index} as mine`, ['x'.repeat(size)]);
        expect(rows).toEqual([{ size, mine: index }]);
      }
    }),
  );
});

test('an error in one client is none in another', async () => {
  const [one, other] = [await client(), await client()];
  await Promise.all(
    Array.from({ length: 20 }, async (_, round) => {
      await expect(one.query('select 1 / $1::int', [0])).rejects.toThrow('division by zero');
      expect((await other.query('select $1::int as n', [round])).rows).toEqual([{ n: round }]);
    }),
  );
});

test('a client waits for the transaction of another, and is let in when that breaks off', async () => {
  const [one, other] = [await client(), await client()];
  await one.query('begin');
  await one.query(`set local application_name = 'held'`);
  let answered = false;
  const waiting = other.query('show application_name').then((result) => {
    answered = true;
    return result;
  });
  expect((await one.query('show application_name')).rows).toEqual([{ application_name: 'held' }]);
  expect(answered).toBe(false);
  clients.splice(clients.indexOf(one), 1);
  one.on('error', () => undefined);
  (one as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  expect((await waiting).rows).not.toEqual([{ application_name: 'held' }]);
});

test('a transaction that is left open is ended, so that the others go on', async () => {
  const database = await PGlite.create();
  const folder = join(root, 'idle');
  mkdirSync(folder);
  const server = new WireServer(database, () => undefined, 20);
  await server.listen(join(folder, '.s.PGSQL.5432'));
  const [idler, other] = [0, 1].map(() => new pg.Client({ host: folder, user: 'postgres', database: 'postgres' }));
  if (idler === undefined || other === undefined) throw new Error('unreachable');
  const ended = new Promise<Error>((resolve) => idler.on('error', resolve));
  await idler.connect();
  await idler.query('begin');
  await other.connect();
  expect((await other.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  expect((await ended).message).toContain('idle-in-transaction');
  await other.end();
  await server.close();
  await database.close();
});

test.each([
  ['noise', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['an endless start-up packet', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
  ['a request to cancel', Buffer.from([0, 0, 0, 16, 4, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 0, 0, 0, 1])],
])('%s is hung up on, and the others are served', async (_, bytes) => {
  const socket = connect(join(warehouse.connection.host, '.s.PGSQL.5432'));
  socket.on('error', () => undefined);
  socket.write(bytes);
  socket.resume();
  await once(socket, 'close');
  expect((await (await client()).query('select 1 as n')).rows).toEqual([{ n: 1 }]);
});

test('a start-up packet and an encryption request are answered as psql expects', async () => {
  const socket = connect(join(warehouse.connection.host, '.s.PGSQL.5432'));
  socket.write(Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toBe('N');
  socket.destroy();
});

test.each(['begin', 'begin read write'])(
  'COPY from the client is an error after %s, and nothing more',
  async (begin) => {
    const mine = await client();
    await expect(mine.query('copy adgem.clicks from stdin')).rejects.toThrow();
    await mine.query(begin);
    await expect(mine.query('copy adgem.clicks from stdin')).rejects.toThrow();
    await expect(mine.query({ text: 'copy adgem.clicks from stdin', values: [] })).rejects.toThrow();
    await mine.query('rollback');
    await mine.query('begin read write');
    await expect(mine.query('COPY adgem.clicks\nFROM STDIN')).rejects.toThrow('takes no rows from clients');
    await mine.query('rollback');
    expect((await mine.query(`select 'copy from stdin' as n`)).rows).toEqual([{ n: 'copy from stdin' }]);
    expect(await warehouse.query('select 1 as n')).toEqual([{ n: 1 }]);
  },
);

test('a start-up packet without a user, and one for another database, harm nobody else', async () => {
  for (const parameters of ['\0', 'user\0x\0database\0nowhere\0\0']) {
    const socket = connect(join(warehouse.connection.host, '.s.PGSQL.5432'));
    socket.on('error', () => undefined);
    const body = Buffer.from(parameters);
    const head = Buffer.alloc(8);
    head.writeInt32BE(8 + body.length);
    head.writeInt32BE(196_608, 4);
    socket.write(Buffer.concat([head, body]));
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    socket.destroy();
    expect(await warehouse.query('select 1 as n')).toEqual([{ n: 1 }]);
  }
});

test('whoever connects may read only', async () => {
  await expect(warehouse.query('delete from adgem.clicks')).rejects.toThrow('read-only');
  expect(await warehouse.query('show timezone')).toEqual([{ TimeZone: 'UTC' }]);
});
