import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withClient } from '../../local/postgres/client.ts';
import type { Ledger, LedgerOptions } from '../../src/db/ledger/connect.ts';
import { LedgerTimeout } from '../../src/db/ledger/limited-client.ts';
import { faultOf, type LedgerTarget } from '../../src/db/ledger/target.ts';
import { LedgerBusy, LedgerUnavailable } from '../../src/errors.ts';
import { PushOutcomeUnknown } from '../../src/push/errors.ts';
import type { Recording } from '../../src/push/ledger.ts';
import { record } from '../../src/push/record/record.ts';
import { recordRun } from '../support/ledger-runs.ts';
import { type LedgerServer, ledgerServers, openTestLedger } from '../support/ledger-stores.ts';
import { endOf, newRun, recordingOf } from '../support/new-runs.ts';
import { plannedRows } from '../support/push-rows.ts';

// More recordings than a ledger has connections: each keeps one for as long as it plans.
const [, [, startPostgres]] = ledgerServers as typeof ledgerServers & Record<1, (typeof ledgerServers)[number]>;
let server: LedgerServer;
let target: LedgerTarget;
beforeAll(async () => {
  server = await startPostgres();
  target = await server.emptyDatabase();
});
afterAll(() => server.stop());

const opened: Ledger[] = [];
const begun: Recording[] = [];
afterEach(async () => {
  // The end of a ledger waits for them.
  for (const recording of begun.splice(0)) await recording.rollback();
  for (const ledger of opened.splice(0)) await ledger.close();
});
function open(options: Partial<LedgerOptions>): Ledger {
  const ledger = openTestLedger(target, options);
  opened.push(ledger);
  return ledger;
}

const dryRun = (id: string) => ({ id, dryRun: true });

/** Begins dry runs, which are in nobody's way, until one has to wait for its turn. */
async function beginAll(ledger: Ledger): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (;;) {
    const next = await ledger.pushes.begin(newRun(dryRun(`dry ${recordings.length}`))).catch((error) => error);
    if (next instanceof LedgerUnavailable) return recordings;
    recordings.push(next.recording);
    begun.push(next.recording);
  }
}

describe.each([2, 3, 8])('of %i connections', (maxConnections) => {
  test('recordings take half, and a lease is renewed and runs are read meanwhile', async () => {
    const ledger = open({ maxConnections, waitMilliseconds: 5_000, turnMilliseconds: 50 });
    const runId = await recordRun(ledger, { id: `${maxConnections} connections` }, plannedRows(2));
    const lease = await ledger.delivery.claim('one', 60_000);
    if (!lease) throw new Error('nothing runs');
    const recordings = await beginAll(ledger);
    expect(recordings).toHaveLength(Math.floor(maxConnections / 2));
    expect(await ledger.delivery.renew(lease, 60_000)).toBe(true);
    expect(await ledger.reads.runsByIds([runId])).toMatchObject([{ state: 'RUNNING' }]);
    expect(await ledger.delivery.finish(lease, 'gave up', 'enough')).toBe('FAILED');
  });
});

test('a turn comes back however a recording ends', async () => {
  const ledger = open({ maxConnections: 2, turnMilliseconds: 50 });
  const rolledBack = await recordingOf(ledger.pushes, dryRun('a'));
  await rolledBack.rollback();
  const committed = await recordingOf(ledger.pushes, { ...dryRun('b'), idempotencyKey: 'key' });
  await committed.commit(endOf('SUCCEEDED', 0));
  expect(await ledger.pushes.begin(newRun({ ...dryRun('c'), idempotencyKey: 'key' }))).toMatchObject({ kind: 'known' });
  const failing = await recordingOf(ledger.pushes, dryRun('d'));
  await expect(failing.addUnaccepted('nobody')).rejects.toThrow('nobody');
  expect(await beginAll(ledger)).toHaveLength(1);
});

test('whoever waits for another service’s recording is told that in time, and may come again', async () => {
  const first = await recordingOf(open({}).pushes, { id: 'first' });
  const faults: string[] = [];
  const second = open({ turnMilliseconds: 50, onFault: (_, { explanation }) => faults.push(explanation) });
  const error = await second.pushes.begin(newRun({ id: 'second' })).catch((reason) => reason);
  expect(error).toBeInstanceOf(LedgerBusy);
  expect(error.extensions).toMatchObject({ code: 'LEDGER_UNAVAILABLE', http: { status: 503 } });
  expect(error.extensions.http.headers.get('retry-after')).toBe('5');
  expect(error.message).toContain('Timed out waiting for other pushes');
  // It is nobody's fault.
  expect(faults).toEqual([]);
  await first.rollback();
  await (await recordingOf(second.pushes, { id: 'second' })).rollback();
});

test('another lock that is waited for too long is no other push: it is told, and the run is surely not there', async () => {
  const faults: string[] = [];
  const ledger = open({ turnMilliseconds: 50, onFault: (name, { kind }) => faults.push(`${name} ${kind}`) });
  const run = newRun({ id: 'not there' });
  const error = await withClient({ ...target, ...target.login }, async (other) => {
    const push = record(ledger.pushes, run, async (recording) => {
      await recording.add(plannedRows(2));
      // What the rows' batch is written to, which comes last before the commit.
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

test('who needs a new connection to an embedded ledger waits for the recording that has its session', async () => {
  const [[, startPglite]] = ledgerServers as typeof ledgerServers & Record<0, (typeof ledgerServers)[number]>;
  const embedded = await startPglite();
  // Too short for any connection that has to wait for somebody.
  const ledger = openTestLedger(await embedded.emptyDatabase(), { waitMilliseconds: 1 });
  const recording = await recordingOf(ledger.pushes, { id: 'long' });
  const others = Promise.all([ledger.reads.countRuns({}), ledger.delivery.claim('one', 60_000)]);
  // Not one that nobody listens to: it may fail before it is awaited.
  others.catch(() => {});
  for (const row of plannedRows(20)) await recording.add([row]);
  await recording.commit(endOf('RUNNING', 20));
  expect(await others).toEqual([1, { runId: 'long', worker: 'one', fence: 1 }]);
  await ledger.close();
  await embedded.stop();
});

test('an embedded ledger that does not answer is no matter of networks', () => {
  const login = { user: 'postgres', password: '' };
  const embedded = { dialect: 'pglite', host: '/data', port: 5432, database: 'postgres', login, tls: null } as const;
  for (const error of [
    new LedgerTimeout(),
    new Error('timeout exceeded when trying to connect'),
    new Error('Connection terminated due to connection timeout'),
  ]) {
    const { explanation } = faultOf(error, embedded);
    expect(explanation).toContain('a push is still being recorded');
    expect(explanation).not.toMatch(/VPC|LEDGER_|the way/);
  }
});
