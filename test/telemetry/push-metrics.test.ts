import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { askPush, PushWarehouse } from '../support/push-api.ts';
import { fast, token } from '../support/push-stages.ts';
import { serve, type TestService } from '../support/service.ts';

let warehouse: PushWarehouse;
let sandbox: Sandbox;
let service: TestService;
beforeAll(async () => {
  warehouse = await PushWarehouse.open(3);
  sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const breaker = { failures: 2, openMilliseconds: 300, capMilliseconds: 300 };
  service = await serve(
    warehouse.database.target,
    {},
    {},
    { adsuite: { url: sandbox.url, token }, delivery: { ...fast, attempts: 1_000, breaker } },
  );
});
afterAll(async () => {
  await service.close();
  await sandbox.close();
  await warehouse.database.close();
});

const setFaults = (faults: readonly object[]) =>
  fetch(`${sandbox.url}/sandbox/faults`, { method: 'PUT', body: JSON.stringify({ faults }) });

/** The value of a metric; null if it is absent. */
async function value(line: string): Promise<number | null> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? null : Number(found.slice(line.length));
}

const requests = (labels: string) => `attribution_adsuite_request_duration_seconds_count{kind="push",${labels}}`;

test('a push that AdSuite does not answer is pending, retried, and opens the breaker; then its rows are counted', async () => {
  await setFaults([{ kind: 'status', status: 503 }]);
  const run = await askPush(service.url).push({ override: { reason: 'a test' }, waitSeconds: 0 });
  expect(run.state).toBe('RUNNING');
  await expect.poll(() => value('attribution_push_breaker_state{state="OPEN"}'), { timeout: 30_000 }).toBe(1);
  expect(await value('attribution_push_pending_rows')).toBe(3);
  expect(await value('attribution_push_oldest_pending_seconds')).toBeGreaterThan(0);
  expect(await value(requests('status="503",repeated="false"'))).toBe(1);
  await expect.poll(() => value(requests('status="503",repeated="true"')), { timeout: 30_000 }).toBeGreaterThan(0);
  expect(await value('attribution_push_rows_total{outcome="ACCEPTED"}')).toBe(null);
  await setFaults([]);
  await expect.poll(() => value('attribution_push_rows_total{outcome="ACCEPTED"}'), { timeout: 60_000 }).toBe(3);
  expect(await value('attribution_push_breaker_state{state="CLOSED"}')).toBe(1);
  await expect.poll(() => value('attribution_push_pending_rows'), { timeout: 30_000 }).toBe(0);
  expect(await value('attribution_push_oldest_pending_seconds')).toBe(0);
  expect(await value(requests('status="200",repeated="true"'))).toBe(1);
  for (const query of ['push.settle', 'push.begin', 'push.claim'])
    expect(
      await value(`attribution_query_duration_seconds_count{store="ledger",query="${query}",outcome="ok"}`),
    ).toBeGreaterThan(0);
});
