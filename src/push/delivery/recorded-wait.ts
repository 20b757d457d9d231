import type { Wait } from '../ports.ts';
import type { BreakerState } from '../types.ts';

/** Shorter waits, and smaller changes of a wait, are not recorded: that would be a write per check. */
const recordedFrom = 1_000;

/** What the ledger has about the wait of a run and about its circuit breaker, so that only changes are written. */
export class RecordedWait {
  #until: number | null;
  #breaker: BreakerState;

  /** @param now monotonic milliseconds, as in all methods. */
  constructor(wait: Wait | null, breaker: BreakerState, now: number) {
    this.#until = wait && now + wait.milliseconds;
    this.#breaker = breaker;
  }

  /**
   * Compares with the ledger.
   *
   * @param wait null: the run does not wait, or has requests in flight.
   * @returns what to write; null: nothing.
   */
  change(
    wait: Wait | null,
    breaker: BreakerState,
    now: number,
  ): { readonly wait: Wait | null; readonly breaker: BreakerState } | null {
    const long = wait !== null && wait.milliseconds >= recordedFrom ? wait : null;
    const left = Math.max(0, (this.#until ?? now) - now);
    const hasNewTime = long !== null && Math.abs(long.milliseconds - left) >= recordedFrom;
    if (breaker === this.#breaker && !hasNewTime) return null;
    this.#until = long && now + long.milliseconds;
    this.#breaker = breaker;
    return { wait: long, breaker };
  }

  /** An attempt was recorded. */
  attempted(): void {
    this.#until = null;
    if (this.#breaker === 'OPEN') this.#breaker = 'HALF_OPEN';
  }

  /** The wait was cleared. */
  resumed(): void {
    this.#until = null;
  }
}
