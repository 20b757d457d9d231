import type { Clock } from '../ports.ts';
import type { PushState } from '../types.ts';

/** The first look comes after this many milliseconds, each one after half as much again, up to the longest. */
const firstPause = 50;
const longestPause = 1_000;

/**
 * Waits until a run has ended, by looking now and then: another process may be the one that ends it.
 *
 * @param seconds how long at most; 0 looks once.
 * @param signal ends the waiting early.
 * @returns the state at the last look; null where there is no such run.
 */
export async function waitForEnd(
  stateOf: () => Promise<PushState | null>,
  seconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<PushState | null> {
  const end = clock.now() + 1000 * seconds;
  let pause = firstPause;
  for (;;) {
    const state = await stateOf();
    const left = end - clock.now();
    if (state !== 'RUNNING' || left <= 0 || signal?.aborted) return state;
    await clock.sleep(Math.min(pause, left), signal);
    pause = Math.min(longestPause, 1.5 * pause);
  }
}
