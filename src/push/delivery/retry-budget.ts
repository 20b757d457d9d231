import type { DeliveryLimits } from './limits.ts';

/** The retry budget, a token bucket. It may be overdrawn by what is under way; then all wait until it is even. */
export class RetryBudget {
  readonly #limits: DeliveryLimits['retryBudget'];
  #tokens: number;
  #asOf: number;

  /** @param now all times are of one clock that never goes back, in milliseconds. */
  constructor(limits: DeliveryLimits['retryBudget'], now: number) {
    this.#limits = limits;
    this.#tokens = limits.tokens;
    this.#asOf = now;
  }

  spend(tokens: number, now: number): void {
    this.#refill(now);
    this.#tokens -= tokens;
  }

  /** An answer came. */
  earn(now: number): void {
    this.#refill(now);
    this.#tokens = Math.min(this.#limits.tokens, this.#tokens + this.#limits.perAnswer);
  }

  /** How long until a token is there; 0: now. */
  wait(now: number): number {
    this.#refill(now);
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#limits.perSecond) * 1000);
  }

  #refill(now: number): void {
    const seconds = (now - this.#asOf) / 1000;
    this.#tokens = Math.min(this.#limits.tokens, this.#tokens + seconds * this.#limits.perSecond);
    this.#asOf = now;
  }
}
