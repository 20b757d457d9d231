import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../local/ports.ts';
import { startProxy } from '../../local/tcp-proxy.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { startTracing } from '../../src/telemetry/open-telemetry.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { askPush, PushWarehouse } from '../support/push-api.ts';
import { fast, token } from '../support/push-stages.ts';
import { present, serve } from '../support/service.ts';

/** A span as OTLP's JSON has it. */
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

/** A receiver of OTLP over HTTP on loopback. */
async function startReceiver() {
  const spans: Span[] = [];
  const resources: unknown[] = [];
  const paths = new Set<string | undefined>();
  const server = createServer(async (request, response) => {
    paths.add(request.url);
    const body = (await json(request)) as {
      resourceSpans: { resource: unknown; scopeSpans: { spans: Span[] }[] }[];
    };
    for (const { resource, scopeSpans } of body.resourceSpans) {
      resources.push(resource);
      spans.push(...scopeSpans.flatMap((scope) => scope.spans));
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    resources,
    paths,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const attribute = ({ attributes }: Span, key: string) =>
  Object.values(attributes.find((each) => each.key === key)?.value ?? {})[0];

let warehouse: PushWarehouse;
let sandbox: Sandbox;
beforeAll(async () => {
  warehouse = await PushWarehouse.open(2);
  sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
});
afterAll(async () => {
  await sandbox.close();
  await warehouse.database.close();
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

test('requests, their queries and requests to AdSuite are traced; the trace of the caller is continued', async () => {
  const receiver = await startReceiver();
  const tracing = startTracing({ endpoint: `${receiver.url}/`, ratio: 1 }, (message) => expect.unreachable(message));
  const sent: string[] = [];
  const proxy = await startProxy(Number(new URL(sandbox.url).port), (bytes) => sent.push(bytes.toString('latin1')));
  const operator = newKey({ name: 'airflow', role: 'operator' });
  const service = await serve(
    warehouse.database.target,
    {
      telemetry: createTelemetry(tracing),
      credentials: { keys: keysOf(operator), verifyJwt: null, now: () => present },
    },
    {},
    { adsuite: { url: `http://127.0.0.1:${proxy.port}`, token }, delivery: fast },
  );
  const authorization = `Bearer ${operator.key}`;
  const send = (query: string, headers: Readonly<Record<string, string>>) =>
    fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, operationName: 'Traced' }),
    });
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  await send('query Traced { iteration(id: "1") { name lastPush { state } } strategies { totalCount } }', {
    ...{ authorization, traceparent, 'x-request-id': 'request-1' },
  });
  await send('query Traced { iteration(id: "1") { name } }', { traceparent: `00-${traceId}-00f067aa0ba902b7-00` });
  await send('query Traced { strategies(first: 0) { totalCount } }', { authorization, traceparent: 'nonsense' });
  const run = await askPush(service.url, { authorization }).push({ override: { reason: 'a secret reason' } });
  await service.close();
  await tracing.close();
  await proxy.cut();
  await receiver.close();

  expect([...receiver.paths]).toEqual(['/v1/traces']);
  expect(receiver.resources[0]).toMatchObject({
    attributes: [{ key: 'service.name', value: { stringValue: 'attribution-api' } }],
  });
  const { spans } = receiver;
  // The caller has decided that the second request is not traced.
  const requests = spans.filter(({ kind, name }) => kind === 2 && name === 'Traced');
  expect(requests.length).toBe(2);
  const [first, second] = requests as [Span, Span];
  expect([first.traceId, first.parentSpanId, first.status]).toMatchObject([traceId, '00f067aa0ba902b7', {}]);
  expect(Object.fromEntries(first.attributes.map(({ key }) => [key, attribute(first, key)]))).toEqual({
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'attribution.request_id': 'request-1',
    'attribution.code': 'OK',
    'http.route': '/graphql',
    'graphql.operation.name': 'Traced',
    'attribution.role': 'operator',
  });
  expect([second.parentSpanId, attribute(second, 'attribution.code')]).toEqual([undefined, 'BAD_USER_INPUT']);

  const queries = spans.filter(({ parentSpanId }) => parentSpanId === first.spanId);
  expect(queries.map(({ name }) => name).toSorted()).toEqual([
    'ledger pushes.last',
    'warehouse builds.latest',
    'warehouse iterations.byId',
    'warehouse strategies.page.count',
  ]);
  for (const query of queries) {
    expect([query.traceId, query.kind, attribute(query, 'attribution.outcome')]).toEqual([traceId, 3, 'ok']);
    expect(BigInt(query.startTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(first.startTimeUnixNano) - 2_000_000n);
    expect(BigInt(query.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(first.endTimeUnixNano) + 2_000_000n);
  }

  // The worker was started by a request, but what it does is not part of it.
  const adsuite = spans.filter(({ name }) => name === 'adsuite push');
  expect(adsuite.length).toBeGreaterThan(0);
  for (const request of adsuite) {
    expect([request.parentSpanId, attribute(request, 'attribution.push_run')]).toEqual([undefined, run.id]);
    expect(attribute(request, 'http.response.status_code')).toBe(200);
    expect(sent.join('')).toContain(`traceparent: 00-${request.traceId}-${request.spanId}-01`);
  }
  expect(spans.filter(({ name }) => /push\.(claim|progress|settle|renew)/.test(name))).toEqual([]);
  expect(JSON.stringify(spans)).not.toMatch(new RegExp(`airflow|secret|select |${token}|${operator.key}`, 'i'));
});

test('a share of 0 traces only what callers trace', async () => {
  const receiver = await startReceiver();
  const tracing = startTracing({ endpoint: receiver.url, ratio: 0 }, () => {});
  const service = await serve(warehouse.database.target, { telemetry: createTelemetry(tracing) });
  await fetch(`${service.url}/healthz`);
  await fetch(`${service.url}/healthz`, { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
  await service.close();
  await tracing.close();
  await receiver.close();
  expect(receiver.spans).toMatchObject([{ traceId, name: 'GET /healthz' }]);
});

test('a receiver that is down changes no answer, is reported, and delays the end by three seconds at most', async () => {
  const failures: string[] = [];
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const tracing = startTracing({ endpoint, ratio: 1 }, (message) => failures.push(message));
  const service = await serve(warehouse.database.target, { telemetry: createTelemetry(tracing) });
  expect((await service.send('{ strategies { totalCount } }')).data).toEqual({ strategies: { totalCount: 2 } });
  await service.close();
  await tracing.close();
  await expect.poll(() => failures.length, { timeout: 60_000 }).toBeGreaterThan(0);
  expect(failures.join('\n')).not.toContain('totalCount');
});
