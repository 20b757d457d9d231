import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MetricsPushAnswer, RowOutcome } from '../../src/adsuite-contract.ts';
import { refusal } from '../../src/embedded/sandbox/answer.ts';
import { type Entry, MetricsStore } from '../../src/embedded/sandbox/metrics-store.ts';
import { answerPush, pushRequest } from '../../src/embedded/sandbox/push.ts';
import { readPush } from '../../src/embedded/sandbox/validate.ts';
import { requestBody } from '../../src/push/adsuite/request.ts';
import { batch, contractCheck, row } from './support.ts';

/** A sandbox without HTTP, and the entries that it wrote. */
function openSandbox() {
  const store = new MetricsStore();
  const written: Entry[] = [];
  const push = (key: string, body: Uint8Array) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const request = pushRequest(headers, Buffer.from(body));
    return answerPush(request, store, [], (entry) => void written.push(entry));
  };
  return { store, written, push };
}

const rows = fc.uniqueArray(
  fc.record({
    id: fc.nat({ max: 4 }),
    version: fc.integer({ min: 1, max: 4 }),
    conversions: fc.integer({ min: 1, max: 2 }),
  }),
  { minLength: 1, maxLength: 4, selector: ({ id }) => id },
);
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('new' as const), rows }),
    // The same request again, or other content under its key.
    fc.record({ kind: fc.constant('repeat' as const), at: fc.nat() }),
    fc.record({ kind: fc.constant('stolen key' as const), at: fc.nat(), rows }),
  ),
  { minLength: 1, maxLength: 30 },
);

test('in any order of requests: a key applies once and keeps its answer, and a stale version never wins', () => {
  const isAnswer = contractCheck('MetricsPushAnswer');
  fc.assert(
    fc.property(steps, (list) => {
      const { store, written, push } = openSandbox();
      const sent: { key: string; bytes: Uint8Array; answer: unknown }[] = [];
      const expected = new Map<string, { version: number; conversions: number }>();
      let run = 0;
      for (const step of list) {
        const earlier = 'at' in step ? sent[step.at % (sent.length || 1)] : undefined;
        if (step.kind === 'repeat') {
          if (!earlier) continue;
          expect(push(earlier.key, earlier.bytes)).toEqual({ answer: earlier.answer, isRepeated: true });
          continue;
        }
        const { bytes, key } = requestBody(
          batch(
            step.rows.map((one) => row(String(one.id), one.version, one.conversions)),
            { runId: `run-${run++}` },
          ),
        );
        if (step.kind === 'stolen key') {
          if (earlier) expect(push(earlier.key, bytes).answer).toMatchObject({ status: 409 });
          continue;
        }
        const { answer, isRepeated } = push(key, bytes);
        expect(isRepeated).toBe(false);
        expect(isAnswer(answer.body)).toEqual({ fits: true, errors: 'No errors' });
        sent.push({ key, bytes, answer });
        const results = new Map((answer.body as MetricsPushAnswer).results.map((one) => [one.iterationId, one]));
        expect(results.size).toBe(step.rows.length);
        for (const one of step.rows) {
          const before = expected.get(String(one.id));
          expect(results.get(String(one.id))?.status).toBe(statusOf(one, before));
          if (!before || one.version > before.version) expected.set(String(one.id), one);
        }
      }
      expect(store.ids()).toEqual([...expected.keys()].sort());
      for (const [id, { version, conversions }] of expected) {
        expect(store.held(id)).toMatchObject({ version, conversions });
        const effects = store.effects(id);
        expect(effects.at(-1)?.version).toBe(version);
        expect(new Set(effects.map(({ key }) => key)).size).toBe(effects.length);
        effects.reduce((before, { version: after }) => {
          expect(after).toBeGreaterThan(before);
          return after;
        }, 0);
      }
      // The written entries restore the same state.
      const again = new MetricsStore();
      for (const entry of written) again.apply(JSON.parse(JSON.stringify(entry)));
      for (const id of again.ids()) {
        expect(again.held(id)).toEqual(store.held(id));
        expect(again.effects(id)).toEqual(store.effects(id));
      }
      expect(again.ids()).toEqual(store.ids());
      for (const { key } of sent) expect(again.entry(key)).toEqual(store.entry(key));
    }),
    { numRuns: 500 },
  );
});

type Row = { version: number; conversions: number };

/** The version rules of the contract. */
function statusOf(row: Row, held: Row | undefined): RowOutcome['status'] {
  if (!held || row.version > held.version) return 'accepted';
  if (row.version < held.version) return 'stale';
  return row.conversions === held.conversions ? 'accepted' : 'rejected';
}

const body = () => JSON.parse(Buffer.from(requestBody(batch([row('17'), row('18')])).bytes).toString('utf8'));

test('it accepts exactly the requests that match the contract', () => {
  const check = contractCheck('MetricsPush');
  const strange = fc.oneof(
    fc.constantFrom(
      ...['17', '-17', '017', '', '0', '9'.repeat(19), '9'.repeat(20), '1.5000', '-0.0000', '1.5', '01.0000', '1e3'],
      ...['2026-01-08T10:18:24.372261Z', '2026-02-29T00:00:00.000000Z', '2024-02-29T00:00:00.000000Z'],
      ...['2026-01-08T10:18:24Z', '2026-01-08T10:18:24.372261+00:00', '2026-01-08T23:59:60.000000Z', 'x'.repeat(300)],
    ),
    fc.constantFrom(0, -1, 1, 1.5, 2 ** 53 - 1, 2 ** 53, null, true, [], {}),
    fc.constant(undefined),
  );
  const paths = [
    'runId',
    'build',
    'asOf',
    'metrics',
    ...Object.keys(body().metrics[0]).map((name) => `metrics.1.${name}`),
  ];
  const deeper = [
    ...paths,
    'extra',
    'metrics.1.byGoal.0',
    ...['goalReferenceId', 'conversions', 'payout'].map((name) => `metrics.1.byGoal.0.${name}`),
  ];
  let taken = 0;
  fc.assert(
    fc.property(fc.constantFrom(...deeper), strange, (path, value) => {
      const changed = body();
      const names = path.split('.');
      const last = names.pop() ?? '';
      const parent = names.reduce((at, name) => at[name], changed);
      // Two rows of one iteration fit the form, and are refused all the same.
      fc.pre(!(last === 'iterationId' && value === '17'));
      parent[last] = value;
      const asSent = JSON.parse(JSON.stringify(changed));
      const { fits, errors } = check(asSent);
      const read = readPush(asSent);
      expect([path, value, 'push' in read, read]).toEqual([
        path,
        value,
        fits,
        fits ? expect.anything() : { fault: expect.any(String) },
      ]);
      expect(errors).toBeDefined();
      if (fits) taken++;
    }),
    { numRuns: 3000 },
  );
  // Both outcomes must occur.
  expect(taken).toBeGreaterThan(100);
  expect(taken).toBeLessThan(2900);
});

test('refusals match the contract and change nothing', () => {
  const isRefusal = contractCheck('Refusal');
  const { store, push } = openSandbox();
  const [good] = [Buffer.from(JSON.stringify(body()))];
  const twice = { ...body(), metrics: [body().metrics[0], body().metrics[0]] };
  const many = {
    ...body(),
    metrics: Array.from({ length: 1001 }, (_, index) => ({ ...body().metrics[0], iterationId: String(index) })),
  };
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  const cases: [number, string, Uint8Array][] = [
    [400, '', good],
    [400, 'k'.repeat(256), good],
    [400, 'key', Buffer.from('{"metrics":')],
    [400, 'key', Buffer.from('')],
    [400, 'key', bytes(null)],
    [400, 'key', bytes({ ...body(), metrics: [] })],
    [400, 'key', bytes(twice)],
    [413, 'key', bytes(many)],
  ];
  for (const [status, key, request] of cases) {
    const { answer } = push(key, request);
    expect(answer.status).toBe(status);
    expect(isRefusal(answer.body)).toEqual({ fits: true, errors: 'No errors' });
  }
  expect(store.ids()).toEqual([]);
  // The key can be used again.
  expect(push('key', good).answer.status).toBe(200);
});

test('a long reason is cut to what the contract allows', () => {
  const { body: long } = refusal(400, 'INVALID_REQUEST', 'x'.repeat(2_000));
  expect(contractCheck('Refusal')(long)).toEqual({ fits: true, errors: 'No errors' });
});

test('a row that contradicts itself is rejected alone', () => {
  const { push } = openSandbox();
  const good = body().metrics[0];
  const bad = [
    { ...good, conversions: 3 },
    { ...good, payout: '2.5001' },
    { ...good, byGoal: [] },
    { ...good, firstConversionAt: null },
    { ...good, firstConversionAt: good.lastConversionAt, lastConversionAt: good.firstConversionAt },
    { ...good, byGoal: [...good.byGoal, { ...good.byGoal[0], conversions: 0, payout: '0.0000' }] },
    { ...good, conversions: 0, payout: '0.0000', byGoal: [] },
  ].map((one, index) => ({ ...one, iterationId: String(100 + index) }));
  const none = {
    ...good,
    conversions: 0,
    payout: '0.0000',
    byGoal: [],
    firstConversionAt: null,
    lastConversionAt: null,
  };
  const { answer } = push('key', Buffer.from(JSON.stringify({ ...body(), metrics: [none, ...bad] })));
  const { results } = answer.body as MetricsPushAnswer;
  expect(results.map(({ status, code }) => code ?? status)).toEqual([
    'accepted',
    ...bad.map(() => 'INCONSISTENT_VALUES'),
  ]);
});

test('an entry that cannot be written changes nothing, and its key can be used again', () => {
  const store = new MetricsStore();
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'key' };
  const request = pushRequest(headers, Buffer.from(JSON.stringify(body())));
  const full = () => {
    throw new Error('no space left on device');
  };
  expect(() => answerPush(request, store, [], full)).toThrow('no space left');
  expect([store.ids(), store.entry('key')]).toEqual([[], undefined]);
  expect(answerPush(request, store, [], () => {})).toMatchObject({ answer: { status: 200 }, isRepeated: false });
});

test.each([
  [{ 'content-type': 'text/plain' }, 415],
  [{ 'content-type': 'application/jsonp' }, 415],
  [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, 415],
  [{}, 415],
  [{ 'content-type': 'Application/JSON; charset=utf-8' }, 200],
])('the form of a body: %o is %i', (headers, status) => {
  const request = pushRequest({ 'idempotency-key': 'key', ...headers }, Buffer.from(JSON.stringify(body())));
  expect(answerPush(request, new MetricsStore(), [], () => {}).answer.status).toBe(status);
});

test('bodies are compared by their bytes', () => {
  const { push } = openSandbox();
  const key = createHash('sha256').update('any').digest('hex');
  push(key, Buffer.from(JSON.stringify(body())));
  expect(push(key, Buffer.from(`${JSON.stringify(body())} `)).answer).toMatchObject({ status: 409 });
});
