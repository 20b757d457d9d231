import type { DeliveryLimits } from './limits.ts';

/**
 * How long to wait after the nth failure, in milliseconds: anything from nothing to the limit of that failure ("full
 * jitter"), so that those who failed together don't come back together.
 *
 * @param failures 1 after the first.
 * @param random from 0 (inclusive) to 1 (exclusive).
 */
export function backoff(failures: number, limits: DeliveryLimits['backoff'], random: number): number {
  return Math.floor(random * Math.min(limits.capMilliseconds, limits.baseMilliseconds * 2 ** (failures - 1)));
}
