import type { DeliveryLimits } from '../../config/push.ts';
import type { Sent } from '../ports.ts';
import type { BreakerState } from '../types.ts';
import { Breaker, type Verdict } from './breaker.ts';
import { RetryAfterPause } from './retry-after-pause.ts';
import { RetryBudget } from './retry-budget.ts';

/** Limits when requests may be sent to AdSuite. One per process, for all runs. */
export class RequestThrottle {
  readonly #budget: RetryBudget;
  readonly #breaker: Breaker;
  readonly #pause: RetryAfterPause;

  constructor(limits: Pick<DeliveryLimits, 'retryBudget' | 'breaker' | 'retryAfterMaxMilliseconds'>, now: number) {
    this.#budget = new RetryBudget(limits.retryBudget, now);
    this.#breaker = new Breaker(limits.breaker);
    this.#pause = new RetryAfterPause(limits.retryAfterMaxMilliseconds);
  }

  /** Milliseconds until the next request may be sent; 0: now; Infinity: after one in flight has ended. */
  wait(now: number): number {
    return Math.max(this.#pause.wait(now), this.#breaker.wait(now), this.#budget.wait(now));
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** What is left of AdSuite's Retry-After, in milliseconds; 0: nothing. */
  retryAfterLeft(now: number): number {
    return this.#pause.closedFor(now);
  }

  /** Continues a pause that another process began: no request for this time, up to the limit of a Retry-After; then a probe. */
  resume(milliseconds: number, now: number): void {
    this.#pause.resume(milliseconds, now);
  }

  /**
   * Lets a request pass. To be called only if `wait` is 0, in the same tick.
   *
   * @param isRepeated whether the batch was attempted before.
   * @returns to be called when the request has ended, with its outcome; null: it was not sent.
   */
  pass(isRepeated: boolean, now: number): (sent: Sent | null, now: number) => void {
    if (isRepeated) this.#budget.spend(1, now);
    const endBreaker = this.#breaker.pass();
    const endPause = this.#pause.pass();
    return (sent, later) => {
      endBreaker(verdict(sent), later);
      endPause(sent, later);
      if (sent?.kind === 'answered') this.#budget.earn(later);
    };
  }

  /** A batch is split: two more requests. */
  split(now: number): void {
    this.#budget.spend(2, now);
  }
}

function verdict(sent: Sent | null): Verdict {
  if (sent === null || sent.kind === 'fatal') return 'unknown';
  return sent.kind === 'failed' ? 'failed' : 'worked';
}
