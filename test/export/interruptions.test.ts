import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { refusalOf, requestExport, rowsOf } from '../support/exports.ts';
import { latch } from '../support/push-api.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(12), smallWorldAsOf);
  return () => database.close();
});

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const list = '{ conversions { nodes { id payout clickedAt iteration { id name createdAt } } } }';

/** A service whose pages have few rows, with a latch before its second page. */
async function open(env: Readonly<Record<string, string>> = {}, options: Parameters<typeof serve>[1] = {}) {
  const { limits, http } = loadConfig({ PORT: '0', DRAIN_SECONDS: '2', ...env });
  const second = latch();
  let pages = 0;
  const beforeQuery = async (name: string) => {
    if (name !== 'conversions.page') return;
    pages += 1;
    if (pages === 2) await second.wait();
  };
  const service = await serve(
    database.target,
    { http, limits: { ...limits, maxCost: 40, ...options.limits }, ...options },
    { beforeQuery },
  );
  closings.push(service.close);
  onTestFinished(() => second.release());
  return { service, second, pagesRead: () => pages };
}

const metricsOf = async ({ url }: TestService): Promise<string> => (await fetch(`${url}/metrics`)).text();
const ended = (code: string) => new RegExp(`_count\\{route="/export",operation="anonymous",code="${code}"\\} 1\n`);

/** A table of the newest build. */
async function tableOfBuild(name: string): Promise<string> {
  const { rows } = await database.query<{ tables_build_number: string }>(
    'select tables_build_number from attribution.attribution_builds order by build_number desc limit 1',
  );
  return `${name}__${rows[0]?.tables_build_number}`;
}

/** The texts of a body until it ends, and whether it was cut off. */
async function readAll(response: Response): Promise<{ text: string; isWhole: boolean }> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, isWhole: true };
  } catch {
    return { text, isWhole: false };
  }
}

/** Sends an export over a socket, whose reading the test controls. */
function exportBySocket({ url }: TestService, query: string, version = '1.1') {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  const body = JSON.stringify({ query, format: 'ndjson' });
  const head = [
    `POST /export HTTP/${version}`,
    `host: ${hostname}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return socket;
}

test('a build that finishes meanwhile changes nothing', async () => {
  const undisturbed = await serve(database.target);
  closings.push(undisturbed.close);
  const before = await (await requestExport(undisturbed, { query: list, format: 'ndjson' })).text();
  const { service, second } = await open();
  const answer = await requestExport(service, { query: list, format: 'ndjson' });
  const build = answer.headers.get('x-export-build');
  await second.reached;
  await database.query('update events.events set payout = 77.25');
  await database.query("update adsuite_mirror.iterations set name = 'renamed'");
  await database.build('2026-02-21T00:00:00.000000Z');
  second.release();
  expect(await answer.text()).toBe(before);
  const later = await requestExport(service, { query: list, format: 'ndjson' });
  expect(later.headers.get('x-export-build')).not.toBe(build);
  const rows = rowsOf(await later.text());
  expect(rows.length).toBeGreaterThan(100);
  // A build that is named, not the one that is served.
  const named = await requestExport(service, {
    query: 'query ($id: ID) { conversions(atBuild: $id) { nodes { id payout } } }',
    variables: { id: build },
    format: 'ndjson',
  });
  expect([named.headers.get('x-export-build'), named.headers.get('content-disposition')]).toEqual([
    build,
    `attachment; filename="conversions-${build}.ndjson"`,
  ]);
  expect((await named.text()).includes('77.2500')).toBe(false);
  const changes = await requestExport(service, {
    query: 'query ($id: ID!) { changes(sinceBuild: $id, throughBuild: $id) { nodes { id } } }',
    variables: { id: build },
    format: 'ndjson',
  });
  expect([changes.headers.get('x-export-build'), await changes.text()]).toEqual([build, '']);
  expect(rows.every(({ payout }) => payout === '77.2500')).toBe(true);
});

test('pages add no listeners to the response', async () => {
  const { service, second, pagesRead } = await open();
  let response: ServerResponse | undefined;
  service.app.server.once('request', (_request, own) => {
    response = own;
  });
  const answer = await requestExport(service, { query: list, format: 'csv' });
  await second.reached;
  expect(response).toBeDefined();
  const added: string[] = [];
  for (const name of response?.eventNames() ?? [])
    expect(response?.listenerCount(name), String(name)).toBeLessThan(response?.getMaxListeners() ?? 0);
  response?.on('newListener', (name) => added.push(String(name)));
  second.release();
  await answer.text();
  expect(pagesRead()).toBeGreaterThan(10);
  // A pipe adds its listener when the client is slow for the first time.
  expect(added.filter((name) => name !== 'drain')).toEqual([]);
});

test.each(['identity', 'gzip', 'br'])('the first rows arrive while the second page is read (%s)', async (encoding) => {
  const { service, second } = await open();
  const headers = { 'accept-encoding': encoding };
  const answer = await requestExport(service, { query: list, format: 'csv' }, { headers });
  await second.reached;
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (text.split('\r\n').length < 6) text += (await reader?.read())?.value;
  expect(text).toMatch(/^id,payout,/);
  second.release();
  await reader?.cancel();
});

describe('an export is cut off in the middle', () => {
  test.each(['identity', 'gzip'])('if the tables of its build are dropped (%s)', async (encoding) => {
    const { service, second } = await open();
    const headers = { 'accept-encoding': encoding };
    const answer = requestExport(service, { query: list, format: 'csv' }, { headers }).then(readAll, () => null);
    await second.reached;
    const name = await tableOfBuild('goal_complete_events_attributed');
    await database.query(`alter table attribution.${name} rename to away`);
    second.release();
    try {
      const read = await answer;
      expect(read?.isWhole ?? false).toBe(false);
      expect(read?.text ?? '').not.toContain('BUILD_REPLACED');
    } finally {
      await database.query(`alter table attribution.away rename to ${name}`);
    }
    await expect.poll(() => metricsOf(service)).toMatch(ended('BUILD_REPLACED'));
  });

  test('if a row has an error in one field', async () => {
    const { service, second } = await open();
    const headers = { 'accept-encoding': 'identity' };
    const answer = await requestExport(service, { query: list, format: 'ndjson' }, { headers });
    await second.reached;
    const iterations = `attribution.${await tableOfBuild('iterations_with_end_time')}`;
    await database.query(`create table public.times as select iteration_id, created_at from ${iterations}`);
    await database.query(`update ${iterations} set created_at = 'infinity'`);
    onTestFinished(async () => {
      await database.query(
        `update ${iterations} as own set created_at = times.created_at
         from public.times where times.iteration_id = own.iteration_id`,
      );
    });
    second.release();
    const { text, isWhole } = await readAll(answer);
    expect([isWhole, text.split('\n').length > 1]).toEqual([false, true]);
    await expect.poll(() => metricsOf(service)).toMatch(ended('TIME_OUT_OF_RANGE'));
    // The first page has such a row: an answer of its own, with the status of the error.
    const refused = await requestExport(service, { query: list, format: 'ndjson' });
    expect(await refusalOf(refused)).toMatchObject({ status: 409, code: 'TIME_OUT_OF_RANGE' });
  });

  test('when its time is over, which is not that of a stalled client, and one that has not begun gets an answer', async () => {
    const { service, second } = await open({ EXPORT_SECONDS: '2', HTTP_STALLED_SECONDS: '1' });
    const answer = await requestExport(service, { query: list, format: 'csv' });
    await second.reached;
    expect((await readAll(answer)).isWhole).toBe(false);
    await expect.poll(() => metricsOf(service)).toMatch(ended('DEADLINE_EXCEEDED'));
    const waiting = await requestExport(service, { query: list, format: 'csv' });
    expect(await refusalOf(waiting)).toMatchObject({
      status: 504,
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('(EXPORT_SECONDS)'),
    });
  });

  test('when the service stops', async () => {
    const { service, second } = await open();
    const answer = await requestExport(service, { query: list, format: 'csv' });
    await second.reached;
    const closing = service.app.close();
    expect((await readAll(answer)).isWhole).toBe(false);
    second.release();
    await closing;
  });
});

test('a client that leaves ends the export at once', async () => {
  const { service, second, pagesRead } = await open();
  const leaving = new AbortController();
  const answer = await requestExport(service, { query: list, format: 'csv' }, { signal: leaving.signal });
  await second.reached;
  leaving.abort();
  await expect(answer.text()).rejects.toThrow();
  await expect.poll(() => metricsOf(service)).toMatch(ended('CLIENT_DISCONNECTED'));
  expect(await metricsOf(service)).toContain('attribution_exports_in_progress 0\n');
  second.release();
  expect((await service.send('{ conversions { totalCount } }')).errors).toBeUndefined();
  expect(pagesRead()).toBe(2);
  expect(service.log).toEqual([]);
});

test('each page counts as a request of the caller: an export over the limit waits', async () => {
  const key = newKey({ name: 'ana' });
  const { limits } = loadConfig({});
  const { service, second, pagesRead } = await open(
    {},
    {
      credentials: { keys: keysOf(key), verifyJwt: null, now: () => present },
      limits: { ...limits, maxCost: 40, perMinute: 3 },
    },
  );
  second.release();
  const headers = { authorization: `Bearer ${key.key}` };
  const leaving = new AbortController();
  const answer = await requestExport(service, { query: list, format: 'ndjson' }, { headers, signal: leaving.signal });
  await expect.poll(pagesRead).toBe(3);
  const other = await fetch(`${service.url}/graphql`, { method: 'POST', headers });
  expect([other.status, await refusalOf(other)]).toMatchObject([429, { code: 'RATE_LIMITED' }]);
  expect(pagesRead()).toBe(3);
  leaving.abort();
  await expect(answer.text()).rejects.toThrow();
});

describe('a client that does not read', () => {
  /** About 50 kB of text in each row. */
  const wide = `{ conversions { nodes { ${Array.from({ length: 190 }, (_, at) => `${'a'.repeat(250)}${at}: id`).join(' ')} } } }`;

  test('holds two pages and no connection to the warehouse, and is cut off', async () => {
    const { limits, http } = loadConfig({ PORT: '0', HTTP_STALLED_SECONDS: '1' });
    const large = await openTestDatabase(smallWorld(60), smallWorldAsOf);
    closings.push(large.close);
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const service = await serve(large.target, { http, limits: { ...limits, maxCost: 6_000 }, logger });
    closings.unshift(service.close);
    service.takeStatements();
    const socket = exportBySocket(service, wide);
    await once(socket, 'readable');
    socket.pause();
    await expect.poll(() => metricsOf(service), { timeout: 20_000 }).toMatch(ended('CLIENT_DISCONNECTED'));
    const metrics = await metricsOf(service);
    expect(metrics).toContain('attribution_pool_connections{store="warehouse",pool="reading",state="in_use"} 0\n');
    const pages = service.takeStatements().filter(({ name }) => name === 'conversions.page').length;
    const { data } = await service.send<{ conversions: { totalCount: number } }, object>(
      '{ conversions { totalCount } }',
    );
    // The rest is in the buffers of the operating system.
    expect(pages).toBeGreaterThan(1);
    expect(pages).toBeLessThan(data.conversions.totalCount / 20 / 1.5);
    const logged = lines.map((line) => JSON.parse(line));
    expect(logged).toEqual([
      expect.objectContaining({
        level: 40,
        msg: 'export cut off',
        code: 'CLIENT_DISCONNECTED',
        reason: 'The client read nothing for HTTP_STALLED_SECONDS.',
        rows: expect.any(Number),
        reqId: expect.any(String),
      }),
    ]);
    expect(logged[0].rows).toBeGreaterThan(0);
    expect(logged[0].rows).toBeLessThan(data.conversions.totalCount);
  });

  test('is cut off also if only the last part waits for it', async () => {
    const { service, second } = await open({ HTTP_STALLED_SECONDS: '1' });
    second.release();
    // Fills the buffers of the operating system, and half of that of the socket: it takes the whole response at once.
    service.app.server.once('connection', (socket) => {
      while (socket.writableLength < socket.writableHighWaterMark / 2) socket.write(Buffer.alloc(1024));
    });
    exportBySocket(service, '{ strategies { nodes { id } } }').pause();
    await expect.poll(() => metricsOf(service), { timeout: 10_000 }).toMatch(ended('CLIENT_DISCONNECTED'));
  });
});
