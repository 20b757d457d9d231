import type { DeliveryLimits } from '../../config/push.ts';

/** The retry budget, a token bucket. Requests in flight may overdraw it; then all requests wait until it is refilled. */
export class RetryBudget {
  readonly #limits: DeliveryLimits['retryBudget'];
  #tokens: number;
  #asOf: number;

  /** @param now monotonic milliseconds, as in all methods. */
  constructor(limits: DeliveryLimits['retryBudget'], now: number) {
    this.#limits = limits;
    this.#tokens = limits.tokens;
    this.#asOf = now;
  }

  spend(tokens: number, now: number): void {
    this.#refill(now);
    this.#tokens -= tokens;
  }

  /** AdSuite answered a request. */
  earn(now: number): void {
    this.#refill(now);
    this.#tokens = Math.min(this.#limits.tokens, this.#tokens + this.#limits.perAnswer);
  }

  /** Milliseconds until a token is available; 0: now. */
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
