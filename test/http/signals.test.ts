import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProxy, type Proxy as TcpProxy } from '../../local/tcp-proxy.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { ledgerServers, openTestLedger } from '../support/ledgers.ts';
import { sendRaw } from '../support/network.ts';
import { openTestService, present, serve, type TestService } from '../support/service.ts';
import { openPostgresStore, smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(2), smallWorldAsOf);
});
afterAll(() => service.close());

interface Probe {
  readonly status: number;
  readonly body: { readonly status: string; readonly reasons: readonly { readonly code: string; message: string }[] };
}

async function ready(of: TestService): Promise<Probe> {
  const response = await fetch(`${of.url}/readyz`);
  return { status: response.status, body: (await response.json()) as Probe['body'] };
}

const reasons = async (of: TestService) => (await ready(of)).body.reasons.map(({ code }) => code);

async function scrape(of: TestService, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const response = await fetch(`${of.url}/metrics`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

describe('/healthz', () => {
  test('answers while all connections are in use, and sends no statement', async () => {
    const blocked = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const busy = await serve(
      service.database.target,
      {},
      {
        maxConnections: 1,
        beforeQuery: async () => {
          entered.resolve();
          await blocked.promise;
        },
      },
    );
    const waiting = busy.send('{ strategies { totalCount } }');
    await entered.promise;
    const response = await fetch(`${busy.url}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(busy.takeStatements()).toEqual([]);
    blocked.resolve();
    expect((await waiting).data).toEqual({ strategies: { totalCount: 2 } });
    await busy.close();
  });
});

describe('/readyz', () => {
  test('is 200 for a service with a build, and shares its checks', async () => {
    expect(await ready(service)).toEqual({ status: 200, body: { status: 'ready', reasons: [] } });
    const other = await serve(service.database.target, { readyCheckSeconds: 86_400 });
    const probes = await Promise.all(Array.from({ length: 20 }, () => ready(other)));
    expect(new Set(probes.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await ready(other)).status).toBe(200);
    expect(other.takeStatements().map(({ name }) => name)).toEqual(['builds.latest']);
    await other.close();
  });

  test('is 503 without a build, and recovers', async () => {
    const table = 'attribution.attribution_builds';
    await service.database.query(`create table attribution.kept as select * from ${table}`);
    await service.database.query(`delete from ${table}`);
    expect(await ready(service)).toEqual({
      status: 503,
      body: { status: 'not ready', reasons: [{ code: 'NO_BUILD', message: 'The warehouse has no build yet.' }] },
    });
    expect(await scrape(service)).toContain('{route="/readyz",operation="",code="NOT_READY"} 1');
    await service.database.query(`insert into ${table} select * from attribution.kept`);
    await service.database.query('drop table attribution.kept');
    expect((await ready(service)).status).toBe(200);
  });
});

describe('stores that go down and come back', () => {
  const servers: { stop(): Promise<void> }[] = [];
  let warehouse: Awaited<ReturnType<typeof openPostgresStore>>;
  let proxies: Readonly<Record<'warehouse' | 'ledger', TcpProxy>>;
  let down: TestService;

  beforeAll(async () => {
    warehouse = await openPostgresStore();
    await warehouse.query(
      `create table attribution.attribution_builds as select 'b1'::text as build_id, 1::bigint as build_number,
         '2026-02-28 23:00Z'::timestamptz as as_of, '2026-02-28 23:30Z'::timestamptz as finished_at,
         '2026-02-28 22:00Z'::timestamptz as mirror_refreshed_at, '2026-02-28 21:00Z'::timestamptz as events_loaded_through,
         '2026-02-28 22:30Z'::timestamptz as clicks_loaded_through, 1::bigint as tables_build_number`,
    );
    const [, startLedger] = ledgerServers.find(([name]) => name === 'PostgreSQL') ?? [];
    const ledgers = await startLedger?.();
    if (!ledgers) throw new Error('no PostgreSQL');
    servers.push(ledgers);
    const target = await ledgers.emptyLedger();
    proxies = { warehouse: await startProxy(warehouse.target.port), ledger: await startProxy(target.port) };
    // Both are down at the start.
    await Promise.all(Object.values(proxies).map((proxy) => proxy.cut()));
    const telemetry = createTelemetry();
    const ledger = openTestLedger(
      { ...target, host: '127.0.0.1', port: proxies.ledger.port },
      { statusOpens: () => true, onQueryEnd: telemetry.queryEnded.ledger },
    );
    servers.push({ stop: () => ledger.close() });
    down = await serve(
      { ...warehouse.target, host: '127.0.0.1', port: proxies.warehouse.port },
      { telemetry },
      { waitMilliseconds: 2_000 },
      { ledger },
    );
  });
  afterAll(async () => {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.cut()));
    await down.close();
    for (const server of servers.toReversed()) await server.stop();
    await warehouse.close();
  });

  const up = async () => {
    const text = await scrape(down);
    return [...text.matchAll(/^attribution_store_up\{store="(\w+)"\} (\d)$/gm)].map(([, store, value]) => [
      store,
      value,
    ]);
  };

  test('down at the start: live, not ready, with reasons that name no address; a scrape succeeds', async () => {
    const probe = await ready(down);
    expect(probe.status).toBe(503);
    expect(probe.body.reasons.map(({ code }) => code)).toEqual(['WAREHOUSE_UNAVAILABLE', 'LEDGER_UNAVAILABLE']);
    expect(JSON.stringify(probe.body)).not.toMatch(/127\.0\.0\.1|\d{4,}|postgres|attribution_service/);
    expect((await fetch(`${down.url}/healthz`)).status).toBe(200);
    expect(await up()).toEqual([
      ['warehouse', '0'],
      ['ledger', '0'],
    ]);
    expect(await scrape(down)).not.toMatch(/^attribution_(data_lag|build_age|push_pending|push_oldest)/m);
  });

  test('back: ready by itself, and all gauges are known', async () => {
    await Promise.all(Object.values(proxies).map((proxy) => proxy.restore()));
    // The first use of the ledger creates its tables, which takes longer than a probe waits.
    await expect.poll(() => reasons(down), { timeout: 30_000 }).toEqual([]);
    const text = await scrape(down);
    expect(text).toContain('\nattribution_ready 1\n');
    // As of `present`: the build finished half an hour ago, and the oldest source reached three hours back.
    expect(text).toContain('\nattribution_build_age_seconds 1800\n');
    expect(text).toContain('\nattribution_data_lag_seconds 10800\n');
    expect(text).toContain('\nattribution_push_pending_rows 0\n');
    expect(text).toContain('attribution_pool_connections_max{store="ledger",pool="leases"} 1');
    expect(text).toMatch(
      /attribution_query_duration_seconds_count\{store="ledger",query="push.backlog",outcome="ok"\} \d/,
    );
    expect(text).toMatch(/\{store="warehouse",query="builds.latest",outcome="unreachable"\} \d/);
  });

  test('lost while running, then back', async () => {
    await proxies.ledger.cut();
    expect(await reasons(down)).toEqual(['LEDGER_UNAVAILABLE']);
    await proxies.warehouse.cut();
    expect(await reasons(down)).toEqual(['WAREHOUSE_UNAVAILABLE', 'LEDGER_UNAVAILABLE']);
    await Promise.all(Object.values(proxies).map((proxy) => proxy.restore()));
    await expect.poll(() => reasons(down), { timeout: 30_000 }).toEqual([]);
    expect(await up()).toEqual([
      ['warehouse', '1'],
      ['ledger', '1'],
    ]);
  });

  test('a warehouse that does not respond delays neither probes nor scrapes', async () => {
    proxies.warehouse.hush();
    proxies.ledger.hush();
    const before = performance.now();
    const statuses = [await ready(down), await ready(down), await ready(down)].map(({ status }) => status);
    await scrape(down);
    // Four waits of at most half a second; the queries themselves would wait for 15 seconds and more.
    expect(performance.now() - before).toBeLessThan(10_000);
    // The silence is too short to say that they are down.
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('while the service is about to stop', () => {
  test('it is not ready, answers, and asks clients to connect elsewhere', async () => {
    const telemetry = createTelemetry();
    const stopping = await serve(service.database.target, { telemetry });
    telemetry.drain();
    expect(await reasons(stopping)).toEqual(['DRAINING']);
    const response = await fetch(`${stopping.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ strategies { totalCount } }' }),
    });
    expect(await response.json()).toMatchObject({ data: { strategies: { totalCount: 2 } } });
    expect(response.headers.get('connection')).toBe('close');
    expect((await fetch(`${stopping.url}/healthz`)).status).toBe(200);
    await stopping.close();
  });
});

const paths = ['/healthz', '/readyz', '/metrics'];

describe('requests to signals', () => {
  test.each(paths)('%s accepts any Host and Origin; other routes do not', async (path) => {
    const headers = ['Host: 10.1.2.3:4000', 'Origin: https://evil.test'];
    expect((await sendRaw(service.url, [`GET ${path} HTTP/1.1`, ...headers])).status).toBe(200);
    expect((await sendRaw(service.url, [`GET ${path}/x HTTP/1.1`, ...headers])).status).toBe(403);
    expect((await sendRaw(service.url, ['GET /schema.graphql HTTP/1.1', ...headers])).status).toBe(403);
  });

  test.each(paths)('%s answers HEAD without a body, other methods with 405, and other paths with 404', async (path) => {
    const head = await fetch(service.url + path, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const refused = await fetch(service.url + path, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(await refused.json()).toEqual({
        errors: [
          { message: `${path} does not support ${method}. Use GET or HEAD.`, extensions: { code: 'BAD_REQUEST' } },
        ],
      });
    }
    const missing = await fetch(`${service.url + path}/x`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('with authentication, probes are public, and metrics need any valid key', async () => {
    const viewer = newKey();
    const credentials = { keys: keysOf(viewer), verifyJwt: null, now: () => present };
    const secured = await serve(service.database.target, { credentials });
    const status = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      (await fetch(secured.url + path, { method, headers })).status;
    expect([await status('/healthz'), await status('/readyz'), await status('/healthz', {}, 'POST')]).toEqual([
      200, 200, 405,
    ]);
    expect([await status('/metrics'), await status('/metrics', { authorization: 'Bearer attr_wrong' })]).toEqual([
      401, 401,
    ]);
    expect(await status('/schema.graphql')).toBe(401);
    expect(await scrape(secured, { authorization: `Bearer ${viewer.key}` })).toMatch(
      /^attribution_requests_refused_total\{code="UNAUTHENTICATED"\} 3$/m,
    );
    await secured.close();
  });
});

describe('/metrics', () => {
  test('counts requests by operation and code, refusals, and queries', async () => {
    const measured = await serve(service.database.target);
    await measured.send('query Names { strategies { nodes { name } } }');
    await measured.send('query Names { strategies(first: 5000) { nodes { name } } }');
    await measured.send('query Names { lost }');
    await measured.send(`{ ${Array.from({ length: 51 }, (_, at) => `a${at}: __typename`).join(' ')} }`);
    await fetch(`${measured.url}/graphql`, {
      method: 'POST',
      body: '{',
      headers: { 'content-type': 'application/json' },
    });
    await sendRaw(measured.url, ['GET /graphql HTTP/1.1', 'Host: evil.test']);
    const text = await scrape(measured);
    const counted = [...text.matchAll(/^attribution_request_duration_seconds_count\{(.*)\} (\d+)$/gm)];
    expect(counted.map(([, labels, count]) => `${labels} ${count}`)).toEqual([
      'route="/graphql",operation="Names",code="OK" 1',
      'route="/graphql",operation="Names",code="BAD_USER_INPUT" 1',
      'route="/graphql",operation="",code="GRAPHQL_VALIDATION_FAILED" 1',
      'route="/graphql",operation="anonymous",code="COST_LIMIT" 1',
      'route="/graphql",operation="",code="BAD_REQUEST" 1',
      'route="/graphql",operation="",code="HOST_NOT_ALLOWED" 1',
    ]);
    expect(
      [...text.matchAll(/^attribution_requests_refused_total\{code="(\w+)"\} 1$/gm)].map(([, code]) => code),
    ).toEqual(['GRAPHQL_VALIDATION_FAILED', 'COST_LIMIT', 'BAD_REQUEST', 'HOST_NOT_ALLOWED']);
    expect(text).toContain(
      'attribution_query_duration_seconds_count{store="warehouse",query="strategies.page",outcome="ok"} 1',
    );
    // This scrape itself.
    expect(text).toContain('\nattribution_requests_in_flight 1\n');
    await measured.close();
  });

  test('a client that leaves is counted, and is no longer in flight', async () => {
    const blocked = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const beforeQuery = async () => {
      entered.resolve();
      await blocked.promise;
    };
    const left = await serve(service.database.target, { readyCheckSeconds: 86_400 }, { beforeQuery });
    const leaving = new AbortController();
    const sent = fetch(`${left.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query Left { strategies { totalCount } }' }),
      signal: leaving.signal,
    });
    await entered.promise;
    leaving.abort();
    await expect(sent).rejects.toThrow();
    const line =
      'attribution_request_duration_seconds_count{route="/graphql",operation="Left",code="CLIENT_DISCONNECTED"} 1';
    await expect.poll(() => scrape(left)).toContain(line);
    expect(await scrape(left)).toContain('\nattribution_requests_in_flight 1\n');
    expect(await scrape(left)).not.toContain('attribution_requests_refused_total{');
    blocked.resolve();
    await left.close();
  });
});
