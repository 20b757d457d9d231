import type { Config } from '../config/index.ts';

/** The limits of pushing that the configuration sets. */
export function pushingLimits({ push, staleAfterMinutes }: Pick<Config, 'push' | 'staleAfterMinutes'>) {
  return {
    limits: { ...push.limits, buildMinutes: staleAfterMinutes.build, mirrorMinutes: staleAfterMinutes.mirror },
    delivery: push.delivery,
    requestMilliseconds: push.requestSeconds * 1000,
    keepMilliseconds: push.keepDays === null ? null : push.keepDays * 24 * 3_600_000,
  };
}
