import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimal, tenThousandths } from '../../src/domain/decimal.ts';
import type { MetricsValues } from '../../src/push/types.ts';
import { areSameValues, noValues, valuesText } from '../../src/push/values.ts';
import { someValues } from '../support/push-doubles.ts';

test('a decimal survives conversion to text and back', () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      expect(tenThousandths(decimal(value))).toBe(value);
    }),
  );
  expect(['0', '46.5', '-0.0001', '-12.3400', '7.', '1.50000'].map((text) => decimal(tenThousandths(text)))).toEqual([
    '0.0000',
    '46.5000',
    '-0.0001',
    '-12.3400',
    '7.0000',
    '1.5000',
  ]);
});

test.each(['', '-', '.5', '1,5', '1e3', 'NaN', '1.23456', ' 1'])('"%s" is not a decimal', (text) => {
  expect(() => tenThousandths(text)).toThrow(SyntaxError);
});

/** The same values in another notation. */
const rewritten = (values: MetricsValues): MetricsValues => ({
  ...values,
  payout: values.payout.replace(/\.?0+$/, '') || '0',
  firstConversionAt: values.firstConversionAt?.replace('Z', '+00:00') ?? null,
  lastConversionAt: values.lastConversionAt?.replace('T00', 'T02').replace('Z', '+02') ?? null,
  byGoal: values.byGoal.toReversed(),
});

test('equal values have the same text in any notation', () => {
  fc.assert(
    fc.property(someValues, (values) => {
      expect(valuesText(rewritten(values))).toBe(valuesText(values));
    }),
  );
});

test.each([
  ['0.0000', '-0.0000'],
  ['0.5000', '00.5'],
  ['-0.5000', '-0.50'],
  ['7.0000', '7'],
])('a payout of %s equals one of %s', (one, other) => {
  expect(areSameValues({ ...noValues, payout: one }, { ...noValues, payout: other })).toBe(true);
});

test('values that differ anywhere have different texts', () => {
  fc.assert(
    fc.property(someValues, (values) => {
      const [goal, ...others] = values.byGoal;
      const changed: MetricsValues[] = [
        { ...values, clicks: values.clicks + 1 },
        { ...values, conversions: values.conversions + 1 },
        { ...values, payout: decimal(tenThousandths(values.payout) + 1n) },
        { ...values, firstConversionAt: '2025-01-01T00:00:00.000001Z' },
        { ...values, lastConversionAt: '2027-01-01T00:00:00.000001Z' },
        { ...values, byGoal: [...values.byGoal, { goalReferenceId: 'new', conversions: 0, payout: '0.0000' }] },
        ...(goal ? [{ ...values, byGoal: others }] : []),
        ...(goal ? [{ ...values, byGoal: [{ ...goal, goalReferenceId: 'other' }, ...others] }] : []),
        ...(goal ? [{ ...values, byGoal: [{ ...goal, conversions: goal.conversions + 1 }, ...others] }] : []),
      ];
      for (const each of changed) expect(areSameValues(each, values)).toBe(false);
    }),
  );
});
