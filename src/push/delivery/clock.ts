import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

/** The longest delay of a Node timer. */
const longest = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(milliseconds, signal) {
    // It rejects only if it is aborted, which ends the sleep.
    await setTimeout(Math.min(milliseconds, longest), undefined, signal ? { signal } : {}).catch(() => undefined);
  },
  random: () => Math.random(),
  date: () => new Date(),
};

/** A sleep that can be ended from outside. */
export class Wake {
  #controller = new AbortController();

  /** From now on a `ring` ends the next sleep, even if it comes before the sleep. */
  arm(): void {
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
  }

  ring(): void {
    this.#controller.abort();
  }

  sleep(milliseconds: number, clock: Pick<Clock, 'sleep'>): Promise<void> {
    return clock.sleep(milliseconds, this.#controller.signal);
  }
}
