import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

/** The longest that Node's timers can wait. */
const longest = 2 ** 31 - 1;

/** This machine's time, and chance. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(milliseconds, signal) {
    // Rejects only when it is aborted, and then that is the end of the wait.
    await setTimeout(Math.min(milliseconds, longest), undefined, signal ? { signal } : {}).catch(() => undefined);
  },
  random: () => Math.random(),
  date: () => new Date(),
};
