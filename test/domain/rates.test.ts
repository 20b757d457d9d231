import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wilsonInterval } from '../../src/domain/rates.ts';

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3, and R: prop.test(x, n, correct = FALSE).
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
  [10, 10, 0.7225, 1],
])('of %d successes in %d trials it is from %d to %d', (successes, trials, lower, upper) => {
  const interval = wilsonInterval(successes, trials);
  expect(interval?.lower).toBeCloseTo(lower, 4);
  expect(interval?.upper).toBeCloseTo(upper, 4);
});

test('it is null if there is no proportion', () => {
  for (const [successes, trials] of [
    [0, 0],
    [3, 2],
    [-1, 2],
    [1, Number.NaN],
  ] as const)
    expect(wilsonInterval(successes, trials)).toBeNull();
});

test('its bounds are the rates that differ from the observed one by 1.96 standard errors of their own', () => {
  const counts = fc
    .integer({ min: 1, max: 1_000_000 })
    .chain((trials) => fc.tuple(fc.nat(trials), fc.constant(trials)));
  fc.assert(
    fc.property(counts, ([successes, trials]) => {
      const { lower, upper } = wilsonInterval(successes, trials) ?? { lower: 1, upper: 0 };
      const rate = successes / trials;
      expect(lower).toBeGreaterThanOrEqual(0);
      expect(upper).toBeLessThanOrEqual(1);
      expect(lower).toBeLessThanOrEqual(rate);
      expect(upper).toBeGreaterThanOrEqual(rate);
      for (const bound of [lower, upper]) {
        if (bound === 0 || bound === 1) continue;
        const standardError = Math.sqrt((bound * (1 - bound)) / trials);
        expect(Math.abs(rate - bound) / standardError).toBeCloseTo(1.959964, 4);
      }
    }),
  );
});
