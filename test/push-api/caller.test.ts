import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { keysOf, newKey } from '../support/authentication.ts';
import { askPush, PushWarehouse } from '../support/push-api.ts';
import { fast, token } from '../support/push-stages.ts';
import { present, serve, type TestService } from '../support/service.ts';

const airflow = newKey({ name: 'airflow', role: 'operator' });
const rotated = newKey({ name: 'airflow', role: 'operator' });
const ben = newKey({ name: 'ben', role: 'operator' });
const ana = newKey({ name: 'ana', role: 'viewer' });
const credentials = { keys: keysOf(airflow, rotated, ben, ana), verifyJwt: null, now: () => present };
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
      // A rotated key has the same name.
      const again = await askPush(service.url, as(rotated)).push({ ...dry, requestedBy: 'Airflow, try 2' });
      expect(again).toMatchObject({ id: run.id, requestedBy: 'airflow', note: 'Airflow, run 1' });
      sandbox.setFaults([{ kind: 'status', status: 503 }]);
      const slow = await askPush(service.url, as(airflow)).push({ resend: true, waitSeconds: 0 });
      const cancelled = await askPush(service.url, as(ben)).cancel(slow.id, { requestedBy: 'airflow' });
      expect(cancelled).toMatchObject({ requestedBy: 'airflow', state: 'CANCELLED', cancelled: { by: 'ben' } });
      sandbox.setFaults([]);
      const retried = await askPush(service.url, as(ben)).retry(slow.id, { requestedBy: 'x' });
      expect(retried).toMatchObject({ requestedBy: 'ben', note: 'x', retryOf: slow.id, state: 'SUCCEEDED' });
    });

    test('owns its idempotency keys', async () => {
      const [first, second] = [askPush(service.url, as(airflow)), askPush(service.url, as(ben))];
      const dry = { dryRun: true, idempotencyKey: 'mine' };
      const run = await first.push(dry);
      const refusal = { code: 'IDEMPOTENCY_KEY_REUSED', runId: run.id };
      const error = await second.pushRefused({ ...dry, requestedBy: 'airflow' });
      expect(error).toMatchObject(refusal);
      expect(error.message).toContain(`"mine" was used for push ${run.id} by another caller.`);
      expect(audited().at(-1)).toMatchObject({ caller: 'ben', outcome: 'IDEMPOTENCY_KEY_REUSED', run: run.id });
      expect((await first.push(dry)).id).toBe(run.id);

      sandbox.setFaults([{ kind: 'status', status: 503 }]);
      const left = await first.push({ resend: true, waitSeconds: 0 });
      await first.cancel(left.id);
      sandbox.setFaults([]);
      const retried = await first.retry(left.id, { idempotencyKey: 'again' });
      expect((await first.retry(left.id, { idempotencyKey: 'again' })).id).toBe(retried.id);
      expect(await second.retryRefused(left.id, { idempotencyKey: 'again' })).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        runId: retried.id,
      });
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
      await askPush(service.url, as(ben)).cancelRefused('x'.repeat(1_000), { requestedBy: 'y'.repeat(1_000) });
      await askPush(service.url, as(ben)).ask('{ __typename }');
      expect(audited().map(({ caller, operation, outcome, run }) => [caller, operation, outcome, run])).toEqual([
        ['ana', 'cancelPush, retryPush', 'FORBIDDEN', undefined],
        ['ben', 'cancelPush', 'PUSH_NOT_FOUND', 'none'],
        ['ben', 'pushMetrics', 'BAD_USER_INPUT', undefined],
        ['ben', 'cancelPush', 'BAD_USER_INPUT', `${'x'.repeat(199)}…`],
      ]);
      expect(audited().at(-1)?.note).toBe(`${'y'.repeat(199)}…`);
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
