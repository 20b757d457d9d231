import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { formatKeysFile } from '../src/auth/keys-file.ts';
import { newKey } from './support/authentication.ts';
import { ask, dataDir, failedStart, send, start, startAsIs, writeCsv } from './support/service.ts';

test('loads five CSV files, answers, shuts down cleanly, and does not load unchanged files again', async () => {
  const csv = writeCsv('csv');
  const first = startAsIs({ WAREHOUSE_CSV: csv });
  const address = await first.listening;
  const query = '{ conversion(id: "e1") { status clickedAt iteration { id createdAt } } }';
  const expected = {
    conversion: {
      status: 'ATTRIBUTED',
      clickedAt: '2026-01-02T00:00:00.000001Z',
      iteration: { id: '11', createdAt: '2026-01-02T00:00:00.000001Z' },
    },
  };
  expect(await ask(address, query)).toEqual(expected);
  const page = await fetch(`${address}/graphiql/`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect((await fetch(`${address}/`, { redirect: 'manual' })).headers.get('location')).toBe('/graphiql/');
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  expect(first.output()).toMatch(/Loading/);

  const second = start({ WAREHOUSE_CSV: csv });
  expect(await ask(await second.listening, query)).toEqual(expected);
  expect(second.output()).not.toMatch(/Loading/);
  second.child.kill('SIGINT');
  expect(await second.exit).toBe(0);
});

describe('graphql runs in production mode unless NODE_ENV is set', () => {
  // Prints the mode that graphql was loaded in. In development mode it rejects an instance of a class with the same name.
  const hook = `
    import { createRequire } from 'node:module';
    import { isMainThread } from 'node:worker_threads';
    if (isMainThread) process.on('exit', () => {
      const { instanceOf } = createRequire('${join(import.meta.dirname, '../dist/main.js')}')('graphql/jsutils/instanceOf.js');
      const makeClass = () => class Type { get [Symbol.toStringTag]() { return 'Type'; } };
      let mode = 'production';
      try { instanceOf(new (makeClass())(), makeClass()); } catch { mode = 'development'; }
      console.log('graphql: ' + mode);
    });`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;

  test.each([
    ['production', {}],
    ['production', { NODE_ENV: '' }],
    ['development', { NODE_ENV: 'development' }],
  ])('%s for %j', async (mode, env: Record<string, string>) => {
    // Everything is loaded before the configuration is read, so a faulty one is enough.
    const service = start({ ...env, NODE_OPTIONS, PORT: 'x' });
    expect(await service.exit).toBe(1);
    expect(service.output()).toContain(`graphql: ${mode}`);
  });
});

test('a request in progress at SIGTERM is answered before the process ends', async () => {
  const service = start({ WAREHOUSE_CSV: writeCsv('csv') });
  const address = await service.listening;
  const body = JSON.stringify({ query: '{ conversions { totalCount nodes { id } } }' });
  // Half of the body keeps the request open until the service has received the signal.
  const pending = request(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': body.length },
    agent: new Agent({ keepAlive: true }),
  });
  const answer = once(pending, 'response') as Promise<[IncomingMessage]>;
  pending.write(body.slice(0, 10));
  // An answer on another connection shows that the server has read what was sent before.
  await ask(address, '{ dataStatus { build } }');
  service.child.kill('SIGTERM');
  await service.said(/SIGTERM: finishing/);
  pending.end(body.slice(10));
  const [response] = await answer;
  expect(response.statusCode).toBe(200);
  expect(response.headers.connection).toBe('close');
  expect(JSON.parse(await text(response)).data).toEqual({ conversions: { totalCount: 1, nodes: [{ id: 'e1' }] } });
  expect(await service.exit).toBe(0);
});

test('at SIGTERM the service is no longer ready, but answers until load balancers know', async () => {
  const service = start({ WAREHOUSE_CSV: writeCsv('csv'), SHUTDOWN_DELAY_SECONDS: '10' });
  const address = await service.listening;
  const ready = async () => {
    const response = await fetch(`${address}/readyz`);
    const { reasons } = (await response.json()) as { reasons: { code: string }[] };
    return [response.status, ...reasons.map(({ code }) => code)];
  };
  // It is not ready before the ledger of an earlier run is open.
  await expect.poll(ready, { timeout: 60_000 }).toEqual([200]);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds', 'attribution_ready'])
    expect(metrics).toContain(`\n${name} `);
  service.child.kill('SIGTERM');
  await service.said(/SIGTERM: finishing/);
  expect(await ready()).toEqual([503, 'DRAINING']);
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  const answer = await send(address, '{ conversion(id: "e1") { status } }');
  expect([answer.status, answer.data]).toEqual([200, { conversion: { status: 'ATTRIBUTED' } }]);
  expect(answer.headers.get('connection')).toBe('close');
  expect(await service.exit).toBe(0);
  await expect(ready()).rejects.toThrow();
});

test('Ctrl-C does not wait for load balancers', async () => {
  const service = start({ WAREHOUSE_CSV: writeCsv('csv'), SHUTDOWN_DELAY_SECONDS: '300' });
  await service.listening;
  service.child.kill('SIGINT');
  expect(await service.exit).toBe(0);
});

test.each([
  ['without an endpoint the libraries of traces are not loaded', {}, 0],
  ['with one they are', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, 1],
])('%s', async (_, env: Record<string, string>, count) => {
  // Prints whether a module of the tracing library is in memory, when the process ends.
  const hook = `
    import { isMainThread } from 'node:worker_threads';
    import { registerHooks } from 'node:module';
    let loaded = 0;
    registerHooks({ load: (url, context, next) => {
      if (url.includes('@opentelemetry/sdk-trace/')) loaded = 1;
      return next(url, context);
    } });
    if (isMainThread) process.on('exit', () => console.log('loaded: ' + loaded));`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`;
  const service = start({ WAREHOUSE_CSV: writeCsv('csv'), NODE_OPTIONS, ...env });
  await service.listening;
  service.child.kill('SIGINT');
  expect(await service.exit).toBe(0);
  expect(service.output()).toContain(`loaded: ${count}`);
});

test('a request that waits for a push at SIGTERM is answered with the current state of the push', async () => {
  const service = start({ WAREHOUSE_CSV: writeCsv('csv') });
  const address = await service.listening;
  const [, sandbox] = /AdSuite +(\S+)\/requests/.exec(service.output()) ?? [];
  const faults = [{ kind: 'status', status: 503 }];
  await fetch(`${sandbox}/faults`, { method: 'PUT', body: JSON.stringify({ faults }) });
  const input = '{ waitSeconds: 120, override: { reason: "a test" } }';
  const pushed = send(address, `mutation { pushMetrics(input: ${input}) { state counts { pending } } }`);
  while (!(await (await fetch(`${sandbox}/requests`)).text()).includes('503'));
  service.child.kill('SIGTERM');
  expect((await pushed).data).toEqual({ pushMetrics: { state: 'RUNNING', counts: { pending: 1 } } });
  expect(await service.exit).toBe(0);
});

test('two SIGINT at once, as npm forwards Ctrl-C, shut down cleanly too', async () => {
  const service = start({ WAREHOUSE_CSV: writeCsv('csv') });
  await service.listening;
  service.child.kill('SIGINT');
  service.child.kill('SIGINT');
  expect(await service.exit).toBe(0);
  expect(service.output()).toContain('SIGINT: finishing');
});

test('with API keys it listens on all addresses, and reloads the file', async () => {
  const one = newKey({ role: 'operator' });
  const file = join(writeCsv('keys'), 'keys.json');
  writeFileSync(file, formatKeysFile([one.stored]));
  const service = start({ WAREHOUSE_CSV: writeCsv('csv'), API_KEYS_FILE: file, HOST: '0.0.0.0' });
  const { hostname, port } = new URL(await service.listening);
  expect(hostname).toBe('localhost');
  await service.said(/Callers need an API key or a token/);
  const status = async (authorization?: string) => {
    const headers = { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) };
    const body = JSON.stringify({ query: 'mutation { cancelPush(runId: "none") { id } }' });
    return (await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body })).status;
  };
  expect(await status()).toBe(401);
  expect(await status(`Bearer ${one.key}`)).toBe(404);
  await service.said(/"audit":true,"caller":"a test","role":"operator"/);
  writeFileSync(file, formatKeysFile([]));
  await expect.poll(() => status(`Bearer ${one.key}`), { timeout: 20_000 }).toBe(401);
  expect(service.output()).not.toContain(one.key);
  service.child.kill('SIGTERM');
  expect(await service.exit).toBe(0);
});

describe('a problem that the operator must fix ends the start with 1, without changes and without a stack trace', () => {
  test('an invalid configuration: all faults at once', async () => {
    const output = await failedStart({ PORT: 'x', HOST: '0.0.0.0' });
    expect(output).toContain('HOST is "0.0.0.0"');
    expect(output).toContain('PORT is "x"');
    expect(existsSync(dataDir())).toBe(false);
  });

  test('a file of API keys that does not exist', async () => {
    const output = await failedStart({ API_KEYS_FILE: '/no/such/keys.json' });
    expect(output).toContain(
      '/no/such/keys.json (API_KEYS_FILE) is not usable: it does not exist. Create it: npm run keys',
    );
  });

  test('a port in use', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    expect(await failedStart({ PORT: String(port) })).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect(existsSync(dataDir())).toBe(false);
    other.close();
  });

  test('an invalid file; data that was loaded before is kept', async () => {
    const csv = writeCsv('csv');
    const good = start({ WAREHOUSE_CSV: csv });
    await good.listening;
    good.child.kill('SIGTERM');
    await good.exit;
    const clicks = readFileSync(join(csv, 'clicks.csv'), 'utf8');
    writeFileSync(join(csv, 'clicks.csv'), `${clicks}c2,7,2026-02-30T00:00:00Z\n`);
    const output = await failedStart({ WAREHOUSE_CSV: csv });
    expect(output).toContain('clicks.csv');
    expect(output).toMatch(/line 3/);
    expect(output).toContain('timestamp');
    writeFileSync(join(csv, 'clicks.csv'), clicks);
    const again = start({ WAREHOUSE_CSV: csv });
    await again.listening;
    expect(again.output()).not.toMatch(/Loading/);
  });

  test('a data folder in use by another process', async () => {
    const csv = writeCsv('csv');
    const first = start({ WAREHOUSE_CSV: csv });
    const address = await first.listening;
    expect(await failedStart({ WAREHOUSE_CSV: csv })).toContain(String(first.child.pid));
    expect(await ask(address, '{ dataStatus { build } }')).toMatchObject({ dataStatus: { build: expect.any(String) } });
  });
});
