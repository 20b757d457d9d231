import type { DeliveryLimits } from '../../config/push.ts';
import type { Sent, Wait } from '../ports.ts';
import type { BreakerState, WaitCause } from '../types.ts';
import { Breaker, type Verdict } from './breaker.ts';
import { RetryAfterPause } from './retry-after-pause.ts';
import { RetryBudget } from './retry-budget.ts';

/** Limits when requests may be sent to AdSuite. One per process, for all runs. */
export class RequestThrottle {
  readonly #budget: RetryBudget;
  readonly #breaker: Breaker;
  readonly #pause: RetryAfterPause;
  readonly #mostOverdrawn: number;

  constructor(
    limits: Pick<DeliveryLimits, 'concurrency' | 'retryBudget' | 'breaker' | 'retryAfterMaxMilliseconds'>,
    now: number,
  ) {
    // A request in flight takes one token if it is repeated, and two more when its batch is split.
    this.#mostOverdrawn = 3 * limits.concurrency;
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

  /** Why `wait` is not 0; null if it is. */
  cause(now: number): WaitCause | null {
    const wait = this.wait(now);
    if (wait === 0) return null;
    if (this.#pause.wait(now) === wait) return 'RETRY_AFTER';
    return this.#breaker.wait(now) === wait ? 'CIRCUIT_BREAKER' : 'RETRY_BUDGET';
  }

  /**
   * Continues a wait that another process began, for as long as such a wait can be: the database's clock, by which the time is
   * known, may have been set back. After a pause or an open breaker comes a probe.
   */
  takeOver({ milliseconds, cause }: Wait, now: number): void {
    if (cause === 'CIRCUIT_BREAKER') this.#breaker.open(milliseconds, now);
    else if (cause === 'RETRY_BUDGET') this.#budget.drain(milliseconds, this.#mostOverdrawn, now);
    // The batches themselves have their backoff.
    else if (cause !== 'BACKOFF') this.#pause.resume(milliseconds, now);
  }

  /** Ends all waits: the next request may be sent now, as a probe where the breaker was open or AdSuite requested a pause. */
  clear(now: number): void {
    this.#pause.clear(now);
    this.#breaker.clear(now);
    this.#budget.clear(now);
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
