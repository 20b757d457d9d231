import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type NetworkFault, type Proxy as NetworkProxy, startProxy } from '../../local/tcp-proxy.ts';
import { loadConfig } from '../../src/config/index.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { type LedgerServer, ledgerServers, openTestLedger } from '../support/ledgers.ts';
import { type Asked, askPush, PushWarehouse } from '../support/push-api.ts';
import { expectHeld, fast, token } from '../support/push-stages.ts';
import { serve, type TestService } from '../support/service.ts';

// The network between the service and each of its neighbours fails in every way. The service answers within its limits, with a
// code that says which neighbour is at fault, and works again without a restart. Real PostgreSQL for both stores.

const lasting: readonly NetworkFault[] = [
  { kind: 'reset' },
  { kind: 'half-close' },
  { kind: 'black hole' },
  { kind: 'no answers' },
  // No answer is complete in time.
  { kind: 'drip', millisecondsPerByte: 50 },
];
const bearable: readonly NetworkFault[] = [
  { kind: 'latency', milliseconds: 20 },
  { kind: 'drip', millisecondsPerByte: 0 },
];

let warehouse: PushWarehouse;
let ledgers: LedgerServer;
beforeAll(async () => {
  const [, [, startPostgres]] = ledgerServers as typeof ledgerServers & Record<1, (typeof ledgerServers)[number]>;
  [warehouse, ledgers] = await Promise.all([PushWarehouse.open(5, 'PostgreSQL'), startPostgres()]);
});
afterAll(async () => {
  await ledgers.stop();
  await warehouse.database.close();
});

let service: TestService;
let asked: Asked;
let sandbox: Sandbox;
let ways: Readonly<Record<'warehouse' | 'ledger' | 'adsuite', NetworkProxy>>;
const closings: (() => Promise<void>)[] = [];
beforeEach(async () => {
  const ledgerTarget = await ledgers.emptyLedger();
  sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const [warehouseWay, ledgerWay, adsuiteWay] = await Promise.all([
    startProxy(warehouse.database.target.port),
    startProxy(ledgerTarget.port),
    startProxy(Number(new URL(sandbox.url).port)),
  ]);
  ways = { warehouse: warehouseWay, ledger: ledgerWay, adsuite: adsuiteWay };
  const ledger = openTestLedger(
    { ...ledgerTarget, port: ledgerWay.port },
    {
      waitMilliseconds: 1_000,
      statementMilliseconds: 1_000,
      deliveryMilliseconds: 1_000,
      renewalMilliseconds: 1_000,
      graceMilliseconds: 200,
    },
  );
  const { limits } = loadConfig({ OPERATION_SECONDS: '6', PUSH_OPERATION_SECONDS: '6' });
  service = await serve(
    { ...warehouse.database.target, port: warehouseWay.port },
    { limits },
    { waitMilliseconds: 1_000, querySeconds: { 'builds.latest': 1, 'strategies.page': 1 } },
    {
      ledger,
      adsuite: { url: `http://127.0.0.1:${adsuiteWay.port}`, token },
      delivery: fast,
      requestMilliseconds: 500,
    },
  );
  asked = askPush(service.url);
  closings.push(...[adsuiteWay, ledgerWay, warehouseWay].map((way) => way.cut), () => sandbox.close(), service.close);
});
afterEach(async () => {
  for (const way of Object.values(ways)) way.setFault(null);
  for (const close of closings.splice(0).reverse()) await close();
});

const reads = {
  warehouse: '{ strategies { nodes { id } } }',
  ledger: '{ pushRuns { nodes { id state } } }',
} as const;
const codes = {
  warehouse: ['WAREHOUSE_UNAVAILABLE', 'DEADLINE_EXCEEDED'],
  ledger: ['LEDGER_UNAVAILABLE', 'DEADLINE_EXCEEDED'],
} as const;

const named = (faults: readonly NetworkFault[]) => faults.map((fault) => [JSON.stringify(fault), fault] as const);

describe.each(['warehouse', 'ledger'] as const)('between the service and its %s', (store) => {
  const other = store === 'warehouse' ? 'ledger' : 'warehouse';

  test.each(named(lasting))('%s: requests fail with its code, others work, and it recovers', async (_name, fault) => {
    const expected = (await service.send<object, object>(reads[store])).data;
    ways[store].setFault(fault);
    const answers = await Promise.all(Array.from({ length: 4 }, () => service.send(reads[store])));
    for (const { status, errors, data } of answers) {
      expect([503, 504]).toContain(status);
      expect(codes[store]).toContain(errors?.[0]?.extensions.code);
      expect(Object.values(data ?? {}).every((field) => field === null)).toBe(true);
    }
    expect((await service.send(reads[other])).errors).toBeUndefined();
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    ways[store].setFault(null);
    await vi.waitFor(
      async () => expect(await service.send(reads[store])).toMatchObject({ status: 200, data: expected }),
      { timeout: 60_000 },
    );
  });

  test.each(named(bearable))('%s: answers are the same', async (_name, fault) => {
    const expected = await service.send(reads[store]);
    ways[store].setFault(fault);
    expect(await service.send(reads[store])).toEqual(expected);
  });
});

describe('during a push', () => {
  /** What AdSuite must hold in the end, whatever happened. */
  const complete = () =>
    expectHeld(
      sandbox,
      warehouse.iterations.map((iteration) => warehouse.held(iteration)),
    );

  /** Pushes, and retries what a run left, until AdSuite has everything. */
  async function pushUntilComplete(): Promise<void> {
    await vi.waitFor(
      async () => {
        const { state } = await asked.push({ waitSeconds: 5 });
        expect(state).toBe('SUCCEEDED');
        complete();
      },
      { timeout: 90_000 },
    );
  }

  test.each(
    (['adsuite', 'ledger', 'warehouse'] as const).flatMap((way) =>
      named(lasting).map(([name, fault]) => [way, name, fault] as const),
    ),
  )('%s: %s: nothing is lost and nothing is sent twice once it is over', async (way, _name, fault) => {
    // Opens the ledger and the connections.
    await asked.push({ dryRun: true });
    ways[way].setFault(fault);
    const { status, data, errors } = await service.send<{ pushMetrics: { state: string } | null }, object>(
      'mutation { pushMetrics(input: {waitSeconds: 3}) { state } }',
    );
    // Either the run is answered, or an error with a documented status.
    if (data?.pushMetrics) expect(['RUNNING', 'FAILED', 'SUCCEEDED', 'PARTIAL']).toContain(data.pushMetrics.state);
    else
      expect([[502, 503, 504], errors?.[0]?.extensions.code]).toEqual([
        expect.arrayContaining([status]),
        expect.any(String),
      ]);
    ways[way].setFault(null);
    await pushUntilComplete();
  });

  test.each(
    (['adsuite', 'ledger', 'warehouse'] as const).flatMap((way) =>
      named(bearable).map(([name, fault]) => [way, name, fault] as const),
    ),
  )('%s: %s: it succeeds', async (way, _name, fault) => {
    ways[way].setFault(fault);
    await pushUntilComplete();
  });
});
