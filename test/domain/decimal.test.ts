import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimal, decimalOfNumber, tenThousandths } from '../../src/domain/decimal.ts';

test.each([
  [0, '0.0000'],
  [-0, '0.0000'],
  [1, '0.0001'],
  [10_000, '1.0000'],
  [465_000, '46.5000'],
  [-1_234, '-0.1234'],
  [Number.MAX_SAFE_INTEGER, '900719925474.0991'],
])('%s ten-thousandths are %s', (value, text) => {
  expect(decimalOfNumber(value)).toBe(text);
});

test('numbers and bigints have the same text, which has the value', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      expect(decimalOfNumber(value)).toBe(decimal(BigInt(value)));
      expect(tenThousandths(decimalOfNumber(value))).toBe(BigInt(value));
    }),
  );
});
