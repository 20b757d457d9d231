import type { Sent } from '../ports.ts';
import { Breaker } from './breaker.ts';
import type { DeliveryLimits } from './limits.ts';
import { RetryAfterPause } from './retry-after-pause.ts';
import { RetryBudget } from './retry-budget.ts';

/** When the next request may go to AdSuite. One per process: it is one AdSuite, whatever the run. */
export class RequestThrottle {
  readonly #budget: RetryBudget;
  readonly #breaker: Breaker;
  readonly #pause: RetryAfterPause;

  constructor(limits: Pick<DeliveryLimits, 'retryBudget' | 'breaker' | 'retryAfterMaxMilliseconds'>, now: number) {
    this.#budget = new RetryBudget(limits.retryBudget, now);
    this.#breaker = new Breaker(limits.breaker);
    this.#pause = new RetryAfterPause(limits.retryAfterMaxMilliseconds);
  }

  /** Milliseconds until the next request may go; Infinity: when one that is under way has come back. */
  wait(now: number): number {
    return Math.max(this.#pause.wait(now), this.#breaker.wait(now), this.#budget.wait(now));
  }

  /** How much longer AdSuite's Retry-After keeps the throttle closed, in milliseconds; 0: not at all. */
  quiet(now: number): number {
    return this.#pause.closedFor(now);
  }

  /** Continues a wait that another process began: no request for so long, at most the limit of a Retry-After; then a probe. */
  resume(milliseconds: number, now: number): void {
    this.#pause.resume(milliseconds, now);
  }

  /**
   * A request goes; only when `wait` says 0, without waiting for anything in between.
   *
   * @param isRepeated whether it was sent before.
   * @returns to be called when it is over, with how; null: it was not sent.
   */
  pass(isRepeated: boolean, now: number): (sent: Sent | null, now: number) => void {
    if (isRepeated) this.#budget.spend(1, now);
    const endTry = this.#breaker.pass();
    const endProbe = this.#pause.pass();
    return (sent, later) => {
      endTry(verdict(sent), later);
      endProbe(sent, later);
      if (sent?.kind === 'answered') this.#budget.earn(later);
    };
  }

  /** A batch is cut in halves: two requests more. */
  halve(now: number): void {
    this.#budget.spend(2, now);
  }
}

function verdict(sent: Sent | null) {
  if (sent === null || sent.kind === 'fatal') return 'untold';
  return sent.kind === 'failed' ? 'failed' : 'worked';
}
