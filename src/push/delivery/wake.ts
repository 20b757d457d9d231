import type { Clock } from '../ports.ts';

/** A sleep that others can end. */
export class Wake {
  #bell = new AbortController();

  /** What rings from here on ends the next sleep, even if it comes before it. */
  arm(): void {
    if (this.#bell.signal.aborted) this.#bell = new AbortController();
  }

  ring(): void {
    this.#bell.abort();
  }

  sleep(milliseconds: number, clock: Pick<Clock, 'sleep'>): Promise<void> {
    return clock.sleep(milliseconds, this.#bell.signal);
  }
}
