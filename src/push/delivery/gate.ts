import type { Sent } from '../ports.ts';
import { Breaker } from './breaker.ts';
import { RetryBudget } from './budget.ts';
import type { DeliveryLimits } from './limits.ts';

/** When the next request may go to AdSuite. One per process: it is one AdSuite, whatever the run. */
export class Gate {
  readonly #budget: RetryBudget;
  readonly #breaker: Breaker;
  #closedUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: Pick<DeliveryLimits, 'retryBudget' | 'breaker'>, now: number) {
    this.#budget = new RetryBudget(limits.retryBudget, now);
    this.#breaker = new Breaker(limits.breaker);
  }

  /** Milliseconds until the next request may go; Infinity: when one that is under way has come back. */
  wait(now: number): number {
    return Math.max(this.quiet(now), this.#breaker.wait(now), this.#budget.wait(now));
  }

  /** How much longer AdSuite wants to be left alone; 0: not at all. */
  quiet(now: number): number {
    return Math.max(0, this.#closedUntil - now);
  }

  /**
   * A request goes; only when `wait` says 0, without waiting for anything in between.
   *
   * @param isRepeated whether it was sent before.
   * @returns to be called when it is over; null: it was not sent, or the answer tells nothing.
   */
  pass(isRepeated: boolean, now: number): (sent: Sent | null, now: number) => void {
    if (isRepeated) this.#budget.spend(1, now);
    const over = this.#breaker.pass();
    return (sent, later) => {
      over(verdict(sent), later);
      if (sent?.kind === 'answered') this.#budget.earn(later);
      // AdSuite's wish is about all requests, not only about the one that it answered.
      else if (sent?.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
        this.#closedUntil = Math.max(this.#closedUntil, later + sent.retryAfterMilliseconds);
      }
    };
  }

  /** A batch is cut in halves: two requests more. */
  halve(now: number): void {
    this.#budget.spend(2, now);
  }
}

function verdict(sent: Sent | null) {
  if (sent === null || sent.kind === 'hopeless') return 'untold';
  return sent.kind === 'failed' ? 'failed' : 'worked';
}
