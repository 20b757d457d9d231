import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SessionEndDetector } from '../../src/embedded/wire-answers.ts';
import { type WireOptions, WireServer } from '../../src/embedded/wire-server.ts';
import { createPglite } from '../support/databases.ts';
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

function message(type: string, content: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + Buffer.byteLength(content), 1);
  return Buffer.concat([head, Buffer.from(content)]);
}

/** A client that sends raw messages: `ask` resolves to the types of the response's messages up to the next Z. */
async function rawClient(host: string) {
  const socket: Socket = connect(join(host, '.s.PGSQL.5432'));
  socket.on('error', () => undefined);
  let received: Buffer[] = [];
  socket.on('data', (data) => received.push(data));
  const types = () => {
    const all = Buffer.concat(received);
    let found = '';
    for (let at = 0; at + 5 <= all.length; at += 1 + all.readUInt32BE(at + 1))
      found += String.fromCharCode(all[at] ?? 0);
    return found;
  };
  const ask = async (...messages: Buffer[]) => {
    received = [];
    socket.write(Buffer.concat(messages));
    while (!types().endsWith('Z')) await once(socket, 'data');
    return types();
  };
  await ask(Buffer.concat([Buffer.from([0, 0, 0, 23, 0, 3, 0, 0]), Buffer.from('user\0postgres\0\0')]));
  return { socket, ask, types, text: () => Buffer.concat(received).toString() };
}

beforeAll(async () => {
  warehouse = await open(join(root, 'data'), { csvFolder: writeFiles(join(root, 'csv')) });
});

afterAll(async () => {
  await Promise.all(clients.map((each) => each.end()));
  await warehouse.close();
  rmSync(root, { recursive: true, force: true });
});

test('each client gets the response to its own request, of any size and in any number of chunks', async () => {
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

test('an error of one client does not affect another', async () => {
  const [one, other] = [await client(), await client()];
  await Promise.all(
    [
      async () => expect(one.query('select 1 / $1::int', [0])).rejects.toThrow('division by zero'),
      async (round: number) => expect((await other.query('select $1::int as n', [round])).rows).toEqual([{ n: round }]),
    ].map(async (ask) => {
      for (let round = 0; round < 20; round++) await ask(round);
    }),
  );
});

test('a client waits for the transaction of another, and continues when that one disconnects', async () => {
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

test('an unnamed statement of one client is never bound by another', async () => {
  const [one, other] = await Promise.all([rawClient(warehouse.connection.host), rawClient(warehouse.connection.host)]);
  const bindAndRun = [message('B', '\0\0\0\0\0\0\0\0'), message('E', '\0\0\0\0\0'), message('S', '')];
  expect(await one.ask(message('P', `\0select 'mine'\0\0\0`), message('S', ''))).toBe('1Z');
  expect(await one.ask(...bindAndRun)).toBe('2DCZ');
  expect(await one.ask(message('P', `\0select 'mine'\0\0\0`), message('S', ''))).toBe('1Z');
  expect(await other.ask(message('P', `\0select 'other'\0\0\0`), message('S', ''))).toBe('1Z');
  expect(await one.ask(...bindAndRun)).toBe('EZ');
  expect(one.text()).toContain('unnamed prepared statement does not exist');
  // An error that a client left without a Sync does not affect the next client.
  one.socket.write(message('B', '\0nowhere\0\0\0\0\0\0'));
  one.socket.write(message('Q', 'select 1\0'));
  await once(one.socket, 'data');
  expect(await other.ask(message('Q', 'select 1\0'))).toBe('TDCZ');
  one.socket.destroy();
  other.socket.destroy();
});

describe('with its own limits', () => {
  let database: PGlite;
  let server: WireServer;
  let folder: string;
  let fatal: unknown[];
  let count = 0;

  beforeAll(async () => {
    database = await createPglite();
  });
  afterAll(() => database.close());

  async function serve(options: Partial<WireOptions>): Promise<void> {
    folder = join(root, `limits-${count++}`);
    mkdirSync(folder);
    fatal = [];
    server = new WireServer(database, { readOnly: true, idleMilliseconds: 30_000, ...options }, (error) =>
      fatal.push(error),
    );
    await server.listen(join(folder, '.s.PGSQL.5432'));
  }

  afterEach(async () => {
    await server.close();
    expect(fatal).toEqual([]);
  });

  async function answersOthers(): Promise<void> {
    const other = await rawClient(folder);
    expect(await other.ask(message('Q', 'select 1\0'))).toBe('TDCZ');
    other.socket.destroy();
  }

  const large = message('Q', `select repeat('x', 10000) from generate_series(1, 100)\0`);
  const largeAnswer = `T${'D'.repeat(100)}CZ`;

  test('an idle transaction is ended, so that other clients continue', async () => {
    await serve({ idleMilliseconds: 20 });
    const [idler, other] = [0, 1].map(() => new pg.Client({ host: folder, user: 'postgres', database: 'postgres' }));
    if (idler === undefined || other === undefined) throw new Error('unreachable');
    const ended = new Promise<Error>((resolve) => idler.on('error', resolve));
    await idler.connect();
    await idler.query('begin');
    await other.connect();
    expect((await other.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    expect((await ended).message).toContain('idle-in-transaction');
    await other.end();
  });

  test.each([
    ['and sends nothing more', []],
    ['and continues to send', [large, large]],
  ])('a transaction of a client that has stopped reading %s is ended', { timeout: 10_000 }, async (_, more) => {
    await serve({ idleMilliseconds: 20 });
    const stopped = await rawClient(folder);
    stopped.socket.pause();
    stopped.socket.write(Buffer.concat([message('Q', 'begin\0'), large, ...more]));
    const closed = once(stopped.socket, 'close');
    await answersOthers();
    stopped.socket.resume();
    await closed;
  });

  test('a client gets no more responses than it reads', async () => {
    // Twenty megabytes of responses within a limit of two: each waits until the one before has been read.
    await serve({ unreadBytes: 2_000_000 });
    const slow = await rawClient(folder);
    slow.socket.pause();
    const answered = slow.ask(...Array.from({ length: 20 }, () => large));
    await answersOthers();
    slow.socket.resume();
    await answered;
    while (slow.types() !== largeAnswer.repeat(20)) await once(slow.socket, 'data');
    slow.socket.destroy();
  });

  test('a client that leaves too much unread is disconnected', { timeout: 10_000 }, async () => {
    await serve({ unreadBytes: 1_500_000 });
    const [stopped, reading] = await Promise.all([rawClient(folder), rawClient(folder)]);
    stopped.socket.pause();
    stopped.socket.write(message('Q', `select repeat('x', 1450000)\0`));
    await answersOthers();
    expect(await reading.ask(message('Q', `select repeat('x', 1000000)\0`))).toBe('TDCZ');
    const closed = once(stopped.socket, 'close');
    stopped.socket.resume();
    await closed;
    const alone = once(reading.socket, 'close');
    reading.socket.write(message('Q', `select repeat('x', 3000000)\0`));
    await alone;
    await answersOthers();
  });
});

test.each([
  ['noise', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
  ['a startup packet of excessive length', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 0])],
  ['a request to cancel', Buffer.from([0, 0, 0, 16, 4, 0xd2, 0x16, 0x2e, 0, 0, 0, 1, 0, 0, 0, 1])],
])('after %s, the connection is closed and other clients are served', async (_, bytes) => {
  const socket = connect(join(warehouse.connection.host, '.s.PGSQL.5432'));
  socket.on('error', () => undefined);
  socket.write(bytes);
  socket.resume();
  await once(socket, 'close');
  expect((await (await client()).query('select 1 as n')).rows).toEqual([{ n: 1 }]);
});

test('a startup packet and an encryption request get the responses that psql expects', async () => {
  const socket = connect(join(warehouse.connection.host, '.s.PGSQL.5432'));
  socket.write(Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toBe('N');
  socket.destroy();
});

test.each(['begin', 'begin read write'])(
  'COPY FROM STDIN after %s is an error, and the session stays usable',
  async (begin) => {
    const mine = await client();
    await expect(mine.query('copy adgem.clicks from stdin')).rejects.toThrow();
    await mine.query(begin);
    await expect(mine.query('copy adgem.clicks from stdin')).rejects.toThrow();
    await expect(mine.query({ text: 'copy adgem.clicks from stdin', values: [] })).rejects.toThrow();
    await mine.query('rollback');
    await mine.query('begin read write');
    await expect(mine.query('COPY adgem.clicks\nFROM STDIN')).rejects.toThrow('does not support COPY FROM STDIN');
    await mine.query('rollback');
    expect((await mine.query(`select 'copy from stdin' as n`)).rows).toEqual([{ n: 'copy from stdin' }]);
    expect(await warehouse.query('select 1 as n')).toEqual([{ n: 1 }]);
  },
);

test('COPY FROM STDIN is also an error in a named statement that was parsed before another one', async () => {
  const mine = await rawClient(warehouse.connection.host);
  await mine.ask(message('Q', 'begin read write\0'));
  await mine.ask(
    message('P', 'later\0copy adgem.clicks from stdin\0\0\0'),
    message('P', '\0select 1\0\0\0'),
    message('S', ''),
  );
  await mine.ask(message('B', '\0later\0\0\0\0\0\0\0'), message('E', '\0\0\0\0\0'), message('S', ''));
  expect(mine.text()).toContain('does not support COPY FROM STDIN');
  mine.socket.destroy();
  expect(await warehouse.query('select 1 as n')).toEqual([{ n: 1 }]);
});

test.each(['VFATAL', 'xVFATAL', 'SFATAL\nVFATAL'])('the text %j is ordinary data', async (text) => {
  const values = await warehouse.query(`select $1::text as a, 'x' as b`, [text]);
  expect(values).toEqual([{ a: text, b: 'x' }]);
  const quoted = `do $$begin raise exception using message = 'VFATAL', detail = '${text}', hint = 'VPANIC'; end$$`;
  await expect(warehouse.query(quoted)).rejects.toThrow('VFATAL');
  expect(await warehouse.query('select 1 as n')).toEqual([{ n: 1 }]);
});

test.each([1, 4, 5, 6, 1000])('the end of a session is detected in chunks of %i bytes, and nothing else is', (size) => {
  const ends = (...messages: Buffer[]) => {
    const watch = new SessionEndDetector();
    const all = Buffer.concat(messages);
    for (let at = 0; at < all.length; at += size) watch.push(all.subarray(at, at + size));
    return watch.endedSession;
  };
  const row = message('D', 'VFATAL\0E\0\0\0\u000cVFATAL\0\0');
  expect(ends(message('1', ''), row, message('E', 'SERROR\0VERROR\0MVFATAL\0\0'), row)).toBe(false);
  expect(ends(message('1', ''), row, message('E', 'SFATAL\0VFATAL\0Mx\0\0'), row)).toBe(true);
  expect(ends(message('E', 'SPANIK\0VPANIC\0\0'))).toBe(true);
});

test('a startup packet without a user, or for another database, does not affect other clients', async () => {
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

test.each(['set default_transaction_read_only = off', 'reset all', 'discard all'])(
  'clients are read-only, even after another client has run %s',
  async (undoing) => {
    await expect(warehouse.query('delete from adgem.clicks')).rejects.toThrow('read-only');
    const [one, other] = [await client(), await client()];
    await one.query(undoing);
    await expect(other.query('delete from adgem.clicks')).rejects.toThrow('read-only');
    await expect(one.query('delete from adgem.clicks')).rejects.toThrow('read-only');
    expect(await warehouse.query('show timezone')).toEqual([{ TimeZone: 'UTC' }]);
  },
);
