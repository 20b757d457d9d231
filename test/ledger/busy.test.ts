import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withClient } from '../../local/postgres/server.ts';
import type { Ledger, LedgerOptions } from '../../src/db/ledger/connect.ts';
import { faultOf, type LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerBusy, LedgerUnavailable } from '../../src/errors.ts';
import { PushOutcomeUnknown } from '../../src/push/errors.ts';
import type { Recording } from '../../src/push/ledger.ts';
import { record } from '../../src/push/record/record.ts';
import {
  endOf,
  type LedgerServer,
  ledgerServers,
  newRun,
  openTestLedger,
  plannedRows,
  recordingOf,
  recordRun,
} from '../support/ledgers.ts';

// More recordings than connections: each recording keeps a connection while it plans.
const [, [, startPostgres]] = ledgerServers as typeof ledgerServers & Record<1, (typeof ledgerServers)[number]>;
let server: LedgerServer;
let target: LedgerTarget;
beforeAll(async () => {
  server = await startPostgres();
  target = await server.emptyDatabase();
});
afterAll(() => server.stop());

const opened: Ledger[] = [];
afterEach(async () => {
  for (const ledger of opened.splice(0)) await ledger.close();
});
function open(options: Partial<LedgerOptions>): Ledger {
  const ledger = openTestLedger(target, options);
  opened.push(ledger);
  return ledger;
}

const dryRun = (id: string) => ({ id, dryRun: true });

/** Begins dry runs, which need no push lock, until one times out waiting for a connection. */
async function beginAll(ledger: Ledger): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (;;) {
    const next = await ledger.pushes.begin(newRun(dryRun(`dry ${recordings.length}`))).catch((error) => error);
    if (next instanceof LedgerBusy) return recordings;
    // On a slow machine, opening a connection may take longer than that, too.
    if (next instanceof LedgerUnavailable) continue;
    recordings.push(next.recording);
  }
}

describe.each([
  [4, 1],
  [8, 2],
])('of %i connections', (maxConnections, forRecordings) => {
  test('recordings use their share, and meanwhile a lease is renewed and runs are read', async () => {
    const ledger = open({ maxConnections, waitMilliseconds: 5_000, recordingWaitMilliseconds: 1_000 });
    const runId = await recordRun(ledger, { id: `${maxConnections} connections` }, plannedRows(2));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('no running run');
    const recordings = await beginAll(ledger);
    expect(recordings).toHaveLength(forRecordings);
    expect(await ledger.delivery.renew(lease, 60_000)).toBe(true);
    expect(await ledger.reads.runsByIds([runId])).toMatchObject([{ state: 'RUNNING' }]);
    expect(await ledger.delivery.finish(lease, 'gave up', 'enough')).toBe('FAILED');
  });
});

test('a lease is renewed while every delivery statement waits', async () => {
  const ledger = open({ maxConnections: 4, waitMilliseconds: 5_000, deliveryMilliseconds: 60_000 });
  await recordRun(ledger, { id: 'busy' }, plannedRows(2));
  const lease = await ledger.delivery.claim('one', 60_000);
  if (!lease) throw new Error('no running run');
  await withClient({ ...target, ...target.login }, async (other) => {
    await other.query('begin; lock table ledger.push_batches in access exclusive mode');
    const waiting = ledger.delivery.nextBatch(lease, []);
    expect(await ledger.delivery.renew(lease, 60_000)).toBe(true);
    await other.query('commit');
    expect(await waiting).toMatchObject({ number: 1 });
  });
  await ledger.delivery.finish(lease, 'gave up', 'enough');
});

test('a connection is free again however a recording ends', async () => {
  const ledger = open({ maxConnections: 4, recordingWaitMilliseconds: 1_000 });
  const rolledBack = await recordingOf(ledger.pushes, dryRun('a'));
  await rolledBack.rollback();
  const committed = await recordingOf(ledger.pushes, { ...dryRun('b'), idempotencyKey: 'key' });
  await committed.commit(endOf('SUCCEEDED', 0));
  expect(await ledger.pushes.begin(newRun({ ...dryRun('c'), idempotencyKey: 'key' }))).toMatchObject({ kind: 'known' });
  const failing = await recordingOf(ledger.pushes, dryRun('d'));
  await expect(failing.addUnaccepted('missing')).rejects.toThrow('missing');
  expect(await beginAll(ledger)).toHaveLength(1);
});

test('recordings wait in order, and one that timed out gives up its place', async () => {
  const ledger = open({ maxConnections: 4, recordingWaitMilliseconds: 2_000 });
  const first = await recordingOf(ledger.pushes, dryRun('first'));
  const timedOut = await ledger.pushes.begin(newRun(dryRun('timed out'))).catch((error) => error);
  expect(timedOut).toBeInstanceOf(LedgerBusy);
  const order: string[] = [];
  const next = ['second', 'third'].map(async (id) => {
    const recording = await recordingOf(ledger.pushes, dryRun(id));
    order.push(id);
    await recording.rollback();
  });
  await first.rollback();
  await Promise.all(next);
  expect(order).toEqual(['second', 'third']);
});

test('a push that waits too long for the recording of another service fails, and can be retried', async () => {
  const first = await recordingOf(open({}).pushes, { id: 'first' });
  const faults: string[] = [];
  const second = open({ recordingWaitMilliseconds: 1_000, onFault: (_, { explanation }) => faults.push(explanation) });
  const error = await second.pushes.begin(newRun({ id: 'second' })).catch((reason) => reason);
  expect(error).toBeInstanceOf(LedgerBusy);
  expect(error.extensions).toMatchObject({ code: 'LEDGER_UNAVAILABLE', http: { status: 503 } });
  expect(error.extensions.http.headers.get('retry-after')).toBe('5');
  expect(error.message).toContain('Timed out waiting for other pushes to be planned and recorded');
  // Not a fault of the ledger.
  expect(faults).toEqual([]);
  await first.rollback();
  await (await recordingOf(second.pushes, { id: 'second' })).rollback();
});

test('a timeout on another lock is reported as a fault, and the run is not recorded', async () => {
  const faults: string[] = [];
  const ledger = open({
    recordingWaitMilliseconds: 1_000,
    onFault: (name, { kind }) => faults.push(`${name} ${kind}`),
  });
  const run = newRun({ id: 'not there' });
  const error = await withClient({ ...target, ...target.login }, async (other) => {
    const push = record(ledger.pushes, run, async (recording) => {
      await recording.add(plannedRows(2));
      // The last insert before the commit is into this table.
      await other.query('begin; lock table ledger.push_batches in exclusive mode');
      return endOf('RUNNING', 2);
    });
    return push.catch((reason) => reason);
  });
  expect(faults).toEqual(['push.record timeout']);
  expect(error).toBeInstanceOf(LedgerUnavailable);
  expect(error).not.toBeInstanceOf(LedgerBusy);
  expect(error).not.toBeInstanceOf(PushOutcomeUnknown);
  expect(await ledger.reads.runsByIds(['not there'])).toEqual([]);
});

test('a new connection to an embedded ledger waits for the recording that uses its session', async () => {
  const [[, startPglite]] = ledgerServers as typeof ledgerServers & Record<0, (typeof ledgerServers)[number]>;
  const embedded = await startPglite();
  // Too short for any connection that has to wait.
  const ledger = openTestLedger(await embedded.emptyDatabase(), { waitMilliseconds: 1 });
  const recording = await recordingOf(ledger.pushes, { id: 'long' });
  const others = Promise.all([ledger.reads.countRuns({}), ledger.delivery.claim('one', 60_000)]);
  // Prevents an unhandled rejection before it is awaited.
  others.catch(() => {});
  for (const row of plannedRows(20)) await recording.add([row]);
  await recording.commit(endOf('RUNNING', 20));
  expect(await others).toEqual([1, { runId: 'long', worker: 'one', fence: 1 }]);
  await ledger.close();
  await embedded.stop();
});

test('the fault of an embedded ledger that does not answer does not mention the network', () => {
  const login = { user: 'postgres', password: '' };
  const embedded = { dialect: 'pglite', host: '/data', port: 5432, database: 'postgres', login, tls: null } as const;
  for (const error of [
    new Error('Query read timeout'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated due to connection timeout'),
  ]) {
    const { explanation } = faultOf(error, embedded);
    expect(explanation).toContain('A push is still being recorded');
    expect(explanation).not.toMatch(/VPC|LEDGER_|network/);
  }
});
