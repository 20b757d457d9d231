import fc from 'fast-check';
import { expect, test } from 'vitest';
import { secondsFromMicroseconds } from '../../src/domain/seconds.ts';

test.each([
  ['0', '0.000000'],
  ['1', '0.000001'],
  ['-1', '-0.000001'],
  ['999999', '0.999999'],
  ['1000000', '1.000000'],
  ['-86400000001', '-86400.000001'],
  ['9223372036854775807', '9223372036854.775807'],
])('%s microseconds are %s seconds', (microseconds, seconds) => {
  expect(secondsFromMicroseconds(microseconds)).toBe(seconds);
});

test('no digit is lost', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  fc.assert(
    fc.property(int64, (value) => {
      const [whole = '', fraction = ''] = secondsFromMicroseconds(String(value)).split('.');
      expect(fraction).toHaveLength(6);
      expect(BigInt(whole + fraction)).toBe(value);
    }),
  );
});
