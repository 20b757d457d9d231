import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { askPush, PushWarehouse } from '../support/push-api.ts';
import { fast, token } from '../support/push-stages.ts';
import { present, serve, type TestService } from '../support/service.ts';

const airflow = newKey({ name: 'airflow', role: 'operator' });
const ben = newKey({ name: 'ben', role: 'operator' });
const ana = newKey({ name: 'ana', role: 'viewer' });
const credentials = { keys: keysOf(airflow, ben, ana), verifyJwt: null, now: () => present };
const as = ({ key }: { readonly key: string }) => ({ authorization: `Bearer ${key}` });

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

interface AuditLine {
  readonly audit?: boolean;
  readonly level: number;
  readonly [field: string]: unknown;
}

describe.each([
  ['with authentication', credentials],
  ['without authentication', null],
])('who requested a push, %s', (_, given) => {
  let service: TestService;
  let lines: string[] = [];
  const audited = () => lines.map((line) => JSON.parse(line) as AuditLine).filter(({ audit }) => audit);
  const logger = pino({ level: given ? 'error' : 'info' }, { write: (line: string) => void lines.push(line) });
  beforeAll(async () => {
    const adsuite = { url: sandbox.url, token };
    service = await serve(
      warehouse.database.target,
      { credentials: given, logger },
      {},
      { adsuite, delivery: { ...fast, attempts: 1_000 } },
    );
  });
  afterAll(() => service.close());
  beforeEach(() => {
    lines = [];
  });

  if (given) {
    test('is the caller, whatever it states; that is a note', async () => {
      const run = await askPush(service.url, as(airflow)).push({
        requestedBy: 'ben',
        resend: true,
        override: { reason: 'a test' },
      });
      expect(run).toMatchObject({ requestedBy: 'airflow', note: 'ben', override: { by: 'airflow' } });
      const { pushRuns } = await askPush(service.url, as(ana)).ask<{ pushRuns: { nodes: object[] } }>(
        '{ pushRuns(filter: {requestedBy: "ben"}) { nodes { id } } }',
      );
      expect(pushRuns.nodes).toEqual([]);
      expect(await askPush(service.url, as(ben)).push({ dryRun: true })).toMatchObject({
        requestedBy: 'ben',
        note: null,
      });
    });

    test('is kept for a cancellation, a retry and a repeated request too', async () => {
      const dry = { dryRun: true, idempotencyKey: 'once', requestedBy: 'Airflow, run 1' };
      const run = await askPush(service.url, as(airflow)).push(dry);
      // The same request by another caller is the same run.
      const again = await askPush(service.url, as(ben)).push(dry);
      expect(again).toMatchObject({ id: run.id, requestedBy: 'airflow', note: 'Airflow, run 1' });
      sandbox.setFaults([{ kind: 'status', status: 503 }]);
      const slow = await askPush(service.url, as(airflow)).push({ resend: true, waitSeconds: 0 });
      const cancelled = await askPush(service.url, as(ben)).cancel(slow.id, { requestedBy: 'airflow' });
      expect(cancelled).toMatchObject({ requestedBy: 'airflow', state: 'CANCELLED', cancelled: { by: 'ben' } });
      sandbox.setFaults([]);
      const retried = await askPush(service.url, as(ben)).retry(slow.id, { requestedBy: 'x' });
      expect(retried).toMatchObject({ requestedBy: 'ben', note: 'x', retryOf: slow.id, state: 'SUCCEEDED' });
    });

    test('is in the audit log, whatever LOG_LEVEL is', async () => {
      const run = await askPush(service.url, as(airflow)).push({ requestedBy: 'Airflow, run 2', dryRun: true });
      expect(audited()).toEqual([
        expect.objectContaining({
          ...{ level: 30, msg: 'mutation', caller: 'airflow', role: 'operator', keyId: airflow.stored.id },
          ...{ operation: 'pushMetrics', outcome: 'OK', run: run.id, state: 'SUCCEEDED', note: 'Airflow, run 2' },
          reqId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        }),
      ]);
      expect(lines.join('\n')).not.toContain(airflow.key.slice(18));
    });

    test('a mutation that is refused is in the audit log too', async () => {
      const mutation = 'mutation { a: cancelPush(runId: "none") { id } b: retryPush(runId: "none") { id } }';
      await askPush(service.url, as(ana)).refused(mutation);
      await askPush(service.url, as(ben)).refused(mutation);
      await askPush(service.url, as(ben)).pushRefused({ idempotencyKey: ' ' });
      await askPush(service.url, as(ben)).ask('{ __typename }');
      expect(audited().map(({ caller, operation, outcome, run }) => [caller, operation, outcome, run])).toEqual([
        ['ana', 'cancelPush, retryPush', 'FORBIDDEN', undefined],
        ['ben', 'cancelPush', 'PUSH_NOT_FOUND', 'none'],
        ...[['ben', 'pushMetrics', 'BAD_USER_INPUT', undefined]],
      ]);
    });
  } else {
    test('is what the caller states', async () => {
      const stated = await askPush(service.url).push({ dryRun: true, requestedBy: 'ben' });
      expect(stated).toMatchObject({ requestedBy: 'ben', note: null });
      expect(await askPush(service.url).push({ dryRun: true })).toMatchObject({
        requestedBy: 'unauthenticated',
        note: null,
      });
      expect(audited().map(({ caller, note, outcome }) => [caller, note, outcome])).toEqual([
        [null, 'ben', 'OK'],
        [null, undefined, 'OK'],
      ]);
    });
  }
});
