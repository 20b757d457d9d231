import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LedgerServer, ledgerServers } from '../support/ledgers.ts';
import { PushWarehouse, type Run } from '../support/push-api.ts';
import { fast, faultCases, openPushStage, type PushStage } from '../support/push-stages.ts';
import type { TestPushingOptions } from '../support/service.ts';

let warehouse: PushWarehouse;
let server: LedgerServer;
let stage: PushStage | null = null;
beforeAll(async () => {
  const [[, startPglite]] = ledgerServers as typeof ledgerServers & readonly [(typeof ledgerServers)[number]];
  [warehouse, server] = await Promise.all([PushWarehouse.open(7), startPglite()]);
});
afterEach(async () => {
  await stage?.close();
  stage = null;
});
afterAll(async () => {
  await server.stop();
  await warehouse.database.close();
});

const oneAtATime = { ...fast, concurrency: 1 };

/** One request at a time, for a known order. */
async function openStage(options: Partial<TestPushingOptions> = {}): Promise<PushStage> {
  stage = await openPushStage(warehouse.database, await server.emptyLedger(), { delivery: oneAtATime, ...options });
  return stage;
}

const none = { accepted: 0, stale: 0, gone: 0, rejected: 0, unknown: 0, pending: 0 };

/** Exactly the ACCEPTED rows have receipts, and AdSuite has the same values. */
async function expectReceipts({ sandbox, receipts }: PushStage, run: Run): Promise<void> {
  const accepted = run.rows.nodes.filter(({ state }) => state === 'ACCEPTED').map(({ iterationId }) => iterationId);
  const known = await receipts();
  expect([...known.keys()].sort()).toEqual(accepted);
  for (const [id, receipt] of known) expect(sandbox.held(id)).toMatchObject(receipt);
}

/** Without the fault everything arrives exactly once. */
async function expectRecovered(open: PushStage, run: Run): Promise<void> {
  open.sandbox.setFaults([]);
  let last = run;
  while (last.state !== 'SUCCEEDED') {
    const left = last.counts.planned - last.counts.accepted;
    last = await open.ended((await open.retry(last.id)).id);
    expect(last.counts.planned).toBe(left);
  }
  await open.holds(warehouse.iterations.map((id) => warehouse.held(id)));
}

test.each(faultCases)(
  '$name',
  async ({ fault, state, counts, requests, reason, rows, isRepeated, isQuiet, patience, delivery }) => {
    const open = await openStage({
      ...(patience === undefined ? {} : { requestMilliseconds: patience }),
      ...(delivery === undefined ? {} : { delivery: { ...oneAtATime, ...delivery } }),
    });
    open.sandbox.setFaults([fault]);
    const run = await open.ended((await open.push()).id);
    expect(run).toMatchObject({ state, counts: { planned: 7, ...none, ...counts } });
    expect(run.progress).toMatchObject({ requests, secondsLeft: 0 });
    expect(run.reason ?? run.progress.lastFailure ?? '').toMatch(reason);
    for (const row of run.rows.nodes) {
      const [rowState, code] = rows?.[row.iterationId] ?? [];
      if (rowState) expect(row).toMatchObject({ state: rowState, code });
      if (row.state === 'UNKNOWN') expect(row.message).not.toBeNull();
    }
    expect(open.sandbox.requests().some((request) => request.isRepeated)).toBe(isRepeated ?? false);
    await expectReceipts(open, run);
    if (!isQuiet) return expectRecovered(open, run);
    // A Retry-After applies to all requests, also those of later runs.
    open.sandbox.setFaults([]);
    const retried = await open.ended((await open.retry(run.id)).id);
    expect(retried).toMatchObject({ state: 'FAILED', counts: { pending: 7 }, progress: { requests: 0 } });
    expect(retried.reason).toMatch(/^AdSuite's Retry-After \(\d+ s\) exceeds this run's time limit$/);
  },
);

describe('Retry-After', () => {
  test('as a date is kept, by the wall clock', async () => {
    const open = await openStage();
    const until = new Date(1000 * Math.ceil(Date.now() / 1000 + 1));
    open.sandbox.setFaults([{ kind: 'status', status: 503, retryAfter: until.toUTCString(), next: 1 }]);
    const run = await open.ended((await open.push()).id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', progress: { requests: 4 } });
    expect(Date.parse(run.finishedAt ?? '')).toBeGreaterThanOrEqual(until.getTime());
  });

  test('in seconds is kept', async () => {
    const open = await openStage();
    open.sandbox.setFaults([{ kind: 'status', status: 429, retryAfter: '1', next: 1 }]);
    const before = Date.now();
    await open.ended((await open.push()).id);
    expect(Date.now() - before).toBeGreaterThanOrEqual(1000);
  });
});

describe('credentials', () => {
  test.each([301, 302, 303, 307, 308] as const)('are not sent to a redirect (%i)', async (status) => {
    const strayed: string[] = [];
    const other = createServer((request, response) => {
      strayed.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const open = await openStage();
    const location = `http://127.0.0.1:${(other.address() as AddressInfo).port}/v1/iteration-metrics`;
    open.sandbox.setFaults([{ kind: 'redirect', status, location }]);
    const run = await open.ended((await open.push()).id);
    expect(run).toMatchObject({ state: 'FAILED', counts: { ...none, pending: 7 }, progress: { requests: 1 } });
    expect(run.reason).toContain(`redirects (${status})`);
    await expectRecovered(open, run);
    expect(strayed).toEqual([]);
    await new Promise((resolve) => other.close(resolve));
  });

  test('that AdSuite refuses end the run, and appear in no answer', async () => {
    const first = await openStage();
    const { url } = first.sandbox;
    const second = await openPushStage(warehouse.database, await server.emptyLedger(), {
      adsuite: { url, token: 'not-the-token' },
    });
    const run = await second.ended((await second.push()).id);
    expect(run).toMatchObject({ state: 'FAILED', counts: { pending: 7 } });
    expect(run.reason).toContain('answered 401 (UNAUTHORIZED');
    expect(JSON.stringify(run)).not.toContain('not-the-token');
    await second.close();
  });
});
