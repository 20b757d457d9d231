import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requestBody } from '../../src/push/adsuite/request.ts';
import { batch, contractCheck, row } from './support.ts';

const rows = fc.uniqueArray(
  fc.record({
    id: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    version: fc.nat({ max: 9 }),
    conversions: fc.nat({ max: 9 }),
  }),
  { minLength: 1, maxLength: 8, selector: ({ id }) => id },
);
const outbox = (list: readonly { id: bigint; version: number; conversions: number }[]) =>
  list.map(({ id, version, conversions }) => row(String(id), version + 1, conversions + 1));

test('the body matches the contract, and the key is its SHA-256', () => {
  const check = contractCheck('MetricsPush');
  fc.assert(
    fc.property(rows, (list) => {
      const { bytes, key, fits } = requestBody(batch(outbox(list)));
      expect(check(JSON.parse(Buffer.from(bytes).toString('utf8')))).toEqual({ fits: true, errors: 'No errors' });
      expect(key).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(fits).toBe(true);
    }),
  );
});

test('the key does not depend on the order of rows, the number of the batch or the attempt', () => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.nat(), (list, number, attempts) => {
      const one = batch(outbox(list));
      const other = { ...one, rows: one.rows.toReversed(), number, attempts };
      expect(requestBody(other).key).toBe(requestBody(one).key);
    }),
  );
});

test('other content has another key', () => {
  const one = batch([row('17'), row('18')]);
  const others = [
    batch([row('17')]),
    batch([row('17'), row('18', 2)]),
    batch([row('17'), row('18', 1, 3)]),
    batch(one.rows, { runId: 'run-2' }),
    batch(one.rows, { build: { ...one.build, id: 'b2' } }),
    batch(one.rows, { build: { ...one.build, asOf: '2026-02-03T04:05:06.000001Z' } }),
  ];
  expect(new Set([one, ...others].map((each) => requestBody(each).key)).size).toBe(7);
});

test('`fits` is false for a body beyond the limits of the contract', () => {
  const many = (count: number) => batch(Array.from({ length: count }, (_, index) => row(String(index + 1))));
  expect(requestBody(many(1000)).fits).toBe(true);
  expect(requestBody(many(1001)).fits).toBe(false);
  const [one] = many(1).rows;
  if (!one) throw new Error('there is one');
  const goals = Array.from({ length: 20_000 }, (_, index) => ({
    goalReferenceId: `g${index}`,
    conversions: 0,
    payout: '0.0000',
  }));
  const valuesText = JSON.stringify({ ...JSON.parse(one.valuesText), byGoal: goals });
  expect(requestBody(batch([{ ...one, valuesText }])).fits).toBe(false);
});
