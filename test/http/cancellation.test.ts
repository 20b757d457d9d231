import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import { loadConfig } from '../../src/config/index.ts';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { startSandbox } from '../../src/embedded/sandbox/index.ts';
import { refusalOf, requestExport } from '../support/exports.ts';
import { type LedgerServer, ledgerServers, openTestLedger } from '../support/ledgers.ts';
import { askPush, latch, openGate, pushWorld } from '../support/push-api.ts';
import { fast, token } from '../support/push-stages.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// On real PostgreSQL, for the warehouse and for the ledger: in both, tables can be locked, so that a statement runs until it is
// cancelled.

let warehouse: TestDatabase;
let ledgers: LedgerServer;
beforeAll(async () => {
  const [, [, startPostgres]] = ledgerServers as typeof ledgerServers &
    readonly [unknown, (typeof ledgerServers)[number]];
  [warehouse, ledgers] = await Promise.all([
    openTestDatabase(pushWorld(5), smallWorldAsOf, 'PostgreSQL'),
    startPostgres(),
  ]);
});
afterAll(async () => {
  await ledgers.stop();
  await warehouse.close();
});

const closings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

interface Opened {
  readonly service: TestService;
  /** The databases of the warehouse and of the ledger. */
  readonly databases: Readonly<Record<'warehouse' | 'ledger', string>>;
}

/** A service on the warehouse, with an empty ledger. */
async function open(
  env: Readonly<Record<string, string>> = {},
  pushing: Parameters<typeof serve>[3] = {},
  warehouseOptions: Parameters<typeof serve>[2] = {},
  options: Parameters<typeof serve>[1] = {},
): Promise<Opened> {
  const target = await ledgers.emptyLedger();
  const ledger = openTestLedger(target);
  const { limits, http } = loadConfig({ PORT: '0', DRAIN_SECONDS: '2', ...env });
  const service = await serve(warehouse.target, { limits, http, ...options }, warehouseOptions, { ledger, ...pushing });
  closings.push(service.close);
  // Creates the tables of the ledger.
  await service.send(runs);
  return { service, databases: { warehouse: warehouse.target.database, ledger: target.database } };
}

/** Locks tables, so that statements that read them wait. The promise that it returns ends the locks. */
async function lock(database: string, tables: string): Promise<() => Promise<void>> {
  const held = latch();
  const locked = latch();
  const holding = withClient({ ...inject('postgres'), database }, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where ${tables}`,
    );
    await client.query(`begin; lock table ${rows.map(({ name }) => name).join(', ')} in access exclusive mode`);
    locked.release();
    await held.wait();
    await client.query('rollback');
  });
  await Promise.race([locked.wait(), holding]);
  return async () => {
    held.release();
    await holding;
  };
}

const built = "schemaname = 'attribution' and tablename <> 'attribution_builds'";
const pushes = "schemaname = 'ledger' and tablename = 'push_runs'";

/** Statements that wait for a lock in a database. */
async function waiting(database: string): Promise<number> {
  return withClient(inject('postgres'), async (client) => {
    const { rows } = await client.query<{ count: number }>(
      "select count(*)::int from pg_stat_activity where datname = $1 and state = 'active' and wait_event_type = 'Lock'",
      [database],
    );
    return rows[0]?.count ?? -1;
  });
}

/** Polls until so many statements wait. */
async function untilWaiting(database: string, count: number): Promise<void> {
  while ((await waiting(database)) !== count);
}

/** Sends an operation whose client can leave. */
function sendAndLeave(url: string, request: string | { readonly documentId: string }) {
  const leaving = new AbortController();
  const answered = fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(typeof request === 'string' ? { query: request } : request),
    signal: leaving.signal,
  }).then(
    () => 'answered',
    () => 'left',
  );
  return { leave: () => leaving.abort(), answered };
}

const list = '{ strategies { nodes { id iterations { nodes { id } } } } }';
const runs = '{ pushRuns { nodes { id } } }';
const aggregate = '{ attributionSummary { total } }';

describe.each([
  ['warehouse', list, built],
  ['warehouse', '{ planMetricsPush(input: {}) { planHash } }', built],
  ['ledger', runs, pushes],
] as const)('a statement of the %s: %s', (store, query, tables) => {
  test('is cancelled when the client disconnects, and its connection stays usable', async () => {
    const { service, databases } = await open();
    const unlock = await lock(databases[store], tables);
    const { leave, answered } = sendAndLeave(service.url, query);
    await untilWaiting(databases[store], 1);
    leave();
    expect(await answered).toBe('left');
    // The table is still locked: only the cancellation can end the statement.
    await untilWaiting(databases[store], 0);
    await unlock();
    expect((await service.send(query)).errors).toBeUndefined();
    // A client that leaves is no failure of the store.
    expect(service.log.filter((line) => line.includes('failed'))).toEqual([]);
  });

  test('is cancelled at the deadline, and the client is told', async () => {
    const { service, databases } = await open({ OPERATION_SECONDS: '1', PUSH_OPERATION_SECONDS: '1' });
    const unlock = await lock(databases[store], tables);
    const { status, errors } = await service.send(query);
    expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 504, code: 'DEADLINE_EXCEEDED' });
    expect(errors?.[0]?.message).toMatch(
      /^The operation took longer than 1 s \((PUSH_)?OPERATION_SECONDS\) and was cancelled/,
    );
    await untilWaiting(databases[store], 0);
    await unlock();
  });

  test('is cancelled before the end of a drain, and the client gets an answer', async () => {
    const { service, databases } = await open();
    const unlock = await lock(databases[store], tables);
    const answer = service.send(query);
    await untilWaiting(databases[store], 1);
    const closed = service.app.close();
    const { status, errors } = await answer;
    expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 503, code: 'SERVICE_STOPPING' });
    await closed;
    await untilWaiting(databases[store], 0);
    await unlock();
  });
});

describe('an export', () => {
  const send = (url: string, signal: AbortSignal) =>
    requestExport({ url }, { query: '{ conversions { nodes { id } } }', format: 'csv' }, { signal });

  test('whose client leaves ends its statement, and frees its place', async () => {
    const { service, databases } = await open({ EXPORT_CONCURRENCY: '1' });
    const unlock = await lock(databases.warehouse, built);
    const leaving = new AbortController();
    const left = expect(send(service.url, leaving.signal)).rejects.toThrow();
    await untilWaiting(databases.warehouse, 1);
    leaving.abort();
    await left;
    await untilWaiting(databases.warehouse, 0);
    await unlock();
    const answer = await send(service.url, new AbortController().signal);
    expect((await answer.text()).split('\r\n').length).toBeGreaterThan(2);
    expect(service.log.filter((line) => line.includes('failed'))).toEqual([]);
  });

  test('that has not begun when the service stops gets an answer', async () => {
    const { service, databases } = await open();
    const unlock = await lock(databases.warehouse, built);
    const answer = send(service.url, new AbortController().signal);
    await untilWaiting(databases.warehouse, 1);
    const closed = service.app.close();
    expect(await refusalOf(await answer)).toMatchObject({ status: 503, code: 'SERVICE_STOPPING' });
    await closed;
    await unlock();
  });
});

describe('equal requests that wait for one statement', () => {
  const request = { documentId: idOfDocument(aggregate) };

  async function openShared(env: Readonly<Record<string, string>> = {}) {
    const counted = { arrived: 0 };
    const find = () => {
      counted.arrived += 1;
      return aggregate;
    };
    const reuse = { keptAnswerBytes: 1024 * 1024, buildCheckSeconds: 3_600, readyCheckSeconds: 86_400 };
    const opened = await open(env, {}, {}, { ...reuse, documents: { find } });
    // The build is known from here on.
    await opened.service.send(list);
    const metrics = async () => (await fetch(`${opened.service.url}/metrics`)).text();
    await metrics();
    return { ...opened, counted, metrics, unlock: await lock(opened.databases.warehouse, built) };
  }

  test('end it when the last of them has left', async () => {
    const { service, databases, counted, metrics, unlock } = await openShared();
    const sent = [sendAndLeave(service.url, request)];
    await untilWaiting(databases.warehouse, 1);
    sent.push(sendAndLeave(service.url, request), sendAndLeave(service.url, request));
    await expect.poll(() => counted.arrived).toBe(3);
    for (const [at, { leave, answered }] of sent.entries()) {
      // Those that have arrived wait by now, as they needed nothing else.
      await metrics();
      expect(await waiting(databases.warehouse)).toBe(1);
      leave();
      expect(await answered).toBe('left');
      await expect
        .poll(metrics)
        .toMatch(new RegExp(`_count{.*operation="anonymous",code="CLIENT_DISCONNECTED"} ${at + 1}\n`));
    }
    await untilWaiting(databases.warehouse, 0);
    await unlock();
    expect((await service.send(aggregate)).errors).toBeUndefined();
  });

  test('have their own deadlines, and were not refused', async () => {
    const { service, databases, metrics, unlock } = await openShared({ OPERATION_SECONDS: '1' });
    const send = async () => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify(request),
      });
      return { status: response.status, body: await response.json() };
    };
    const first = send();
    await untilWaiting(databases.warehouse, 1);
    for (const answer of await Promise.all([first, send(), send()])) {
      expect(answer).toMatchObject({
        status: 504,
        body: {
          errors: [
            {
              message: expect.stringContaining('longer than 1 s (OPERATION_SECONDS)'),
              extensions: { code: 'DEADLINE_EXCEEDED' },
            },
          ],
        },
      });
    }
    await untilWaiting(databases.warehouse, 0);
    await unlock();
    const text = await metrics();
    expect(text).toMatch(/_count{.*operation="anonymous",code="DEADLINE_EXCEEDED"} 3\n/);
    expect(text).not.toContain('refused_total{code="DEADLINE_EXCEEDED"}');
  });
});

test('requests that wait for a connection leave the queue when their clients leave', async () => {
  const { service, databases } = await open({}, {}, { maxConnections: 3 });
  const unlock = await lock(databases.warehouse, built);
  const running = sendAndLeave(service.url, aggregate);
  await untilWaiting(databases.warehouse, 1);
  // Heavy queries have one of three connections, so these wait for it.
  const queued = Array.from({ length: 5 }, () => sendAndLeave(service.url, aggregate));
  for (const { leave } of queued) leave();
  expect(await Promise.all(queued.map(({ answered }) => answered))).toEqual(Array(5).fill('left'));
  running.leave();
  await untilWaiting(databases.warehouse, 0);
  await unlock();
  expect((await service.send(aggregate)).errors).toBeUndefined();
});

describe('a push', () => {
  async function openWithAdsuite(env: Readonly<Record<string, string>>, pass?: Parameters<typeof openGate>[1]) {
    const sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
    closings.push(() => sandbox.close());
    const gate = pass ? await openGate(sandbox.url, pass) : null;
    if (gate) closings.push(gate.close);
    return { sandbox, ...(await open(env, { adsuite: { url: gate?.url ?? sandbox.url, token }, delivery: fast })) };
  }

  test('whose client disconnects during planning is not recorded', async () => {
    const { service, databases, sandbox } = await openWithAdsuite({});
    const unlock = await lock(databases.warehouse, built);
    const { leave, answered } = sendAndLeave(service.url, 'mutation { pushMetrics(input: {}) { id } }');
    await untilWaiting(databases.warehouse, 1);
    leave();
    expect(await answered).toBe('left');
    await untilWaiting(databases.warehouse, 0);
    await unlock();
    // It has released the lock of pushes.
    const run = await askPush(service.url).push({});
    expect(run.state).toBe('SUCCEEDED');
    const { pushRuns } = await askPush(service.url).ask<{ pushRuns: { totalCount: number } }>(
      '{ pushRuns { totalCount } }',
    );
    expect({ runs: pushRuns.totalCount, held: sandbox.ids().length }).toEqual({ runs: 1, held: 5 });
  });

  test('that is recorded continues when its client disconnects', async () => {
    const held = latch();
    const { service } = await openWithAdsuite({}, (phase) => (phase === 'arrived' ? held.wait() : undefined));
    const asked = askPush(service.url);
    const { leave, answered } = sendAndLeave(service.url, 'mutation { pushMetrics(input: {}) { id } }');
    await held.reached;
    leave();
    expect(await answered).toBe('left');
    held.release();
    const { pushRuns } = await asked.ask<{ pushRuns: { nodes: { id: string }[] } }>(runs);
    expect(await asked.ended(pushRuns.nodes[0]?.id ?? '')).toMatchObject({
      state: 'SUCCEEDED',
      counts: { accepted: 5 },
    });
  });

  test('may be waited for longer than its time limit, which is that of planning', async () => {
    const held = latch();
    const { service } = await openWithAdsuite({ PUSH_OPERATION_SECONDS: '1' }, (phase) =>
      phase === 'arrived' ? held.wait() : undefined,
    );
    const asked = askPush(service.url);
    const run = await asked.push({ waitSeconds: 2 });
    expect(run).toMatchObject({ state: 'RUNNING', rows: { totalCount: 5 } });
    held.release();
    expect((await asked.ended(run.id)).state).toBe('SUCCEEDED');
  });

  test('that waits for its run does not count as executing, and with too many waiting is answered at once', async () => {
    const held = latch();
    const limits = { MAX_EXECUTING_REQUESTS: '1', MAX_WAITING_REQUESTS: '1' };
    const { service } = await openWithAdsuite(limits, (phase) => (phase === 'arrived' ? held.wait() : undefined));
    const asked = askPush(service.url);
    const waitingRun = asked.push({ idempotencyKey: 'k' });
    await held.reached;
    // It has left its place to this one, which waits too, but finds no place for that.
    expect((await asked.push({ idempotencyKey: 'k' })).state).toBe('RUNNING');
    held.release();
    expect((await waitingRun).state).toBe('SUCCEEDED');
  });
});

describe('when the warehouse is busy', () => {
  test('light queries have connections of their own', async () => {
    const { service, databases } = await open({}, {}, { maxConnections: 4 });
    const unlock = await lock(databases.warehouse, `${built} and tablename not like 'strategies%'`);
    const heavy = Array.from({ length: 10 }, () => sendAndLeave(service.url, aggregate));
    await untilWaiting(databases.warehouse, 3);
    for (const query of ['{ strategy(id: "1") { id } }', '{ dataStatus { build } }', '{ __typename }']) {
      expect((await service.send(query)).errors, query).toBeUndefined();
    }
    expect(await waiting(databases.warehouse)).toBe(3);
    for (const { leave } of heavy) leave();
    await unlock();
  });

  test('a query that gets no connection fails in bounded time, with Retry-After', async () => {
    const { service, databases } = await open({}, {}, { maxConnections: 1, waitMilliseconds: 300 });
    const unlock = await lock(databases.warehouse, built);
    const running = sendAndLeave(service.url, aggregate);
    await untilWaiting(databases.warehouse, 1);
    const response = await post(service.url, '{ conversions { totalCount } }');
    expect({ status: response.status, retryAfter: response.headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: '5',
    });
    expect(await response.text()).toContain('WAREHOUSE_UNAVAILABLE');
    running.leave();
    await untilWaiting(databases.warehouse, 0);
    await unlock();
  });

  test('requests over the limit are refused at once, and other paths are answered', async () => {
    const { service, databases } = await open({ MAX_EXECUTING_REQUESTS: '2' });
    const unlock = await lock(databases.warehouse, built);
    const executing = [sendAndLeave(service.url, aggregate), sendAndLeave(service.url, aggregate)];
    await untilWaiting(databases.warehouse, 2);
    const response = await post(service.url, '{ __typename }');
    expect({ status: response.status, retryAfter: response.headers.get('retry-after') }).toEqual({
      status: 503,
      retryAfter: '1',
    });
    expect(await response.json()).toMatchObject({
      errors: [
        { message: expect.stringContaining('MAX_EXECUTING_REQUESTS'), extensions: { code: 'SERVICE_OVERLOADED' } },
      ],
    });
    expect((await fetch(`${service.url}/graphiql/`)).status).not.toBe(503);
    for (const { leave } of executing) leave();
    await untilWaiting(databases.warehouse, 0);
    await unlock();
    // Both have left their places.
    while ((await post(service.url, '{ __typename }')).status === 503);
  });
});

const post = (url: string, query: string) =>
  fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
