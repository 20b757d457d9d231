import { expect, test } from 'vitest';
import { systemClock } from '../../../src/push/delivery/clock.ts';

test('a sleep ends when its signal is aborted, before or during it, and leaves no listener', async () => {
  const hours = 3_600_000_000;
  await systemClock.sleep(hours, AbortSignal.abort());
  const awake = new AbortController();
  const sleeping = systemClock.sleep(hours, awake.signal);
  awake.abort();
  await sleeping;
  const before = systemClock.now();
  await systemClock.sleep(1);
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
});
