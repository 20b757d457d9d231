import type { DeliveryLimits } from '../../config/push.ts';

/** Sums of fractions may miss a whole token by so much. Without it, a wait would be followed by one of a millisecond more. */
const rounding = 1e-9;

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
    const missing = 1 - this.#tokens - rounding;
    return missing <= 0 ? 0 : Math.ceil((missing / this.#limits.perSecond) * 1000);
  }

  /**
   * Takes tokens away, because the budget of another process was empty.
   *
   * @param milliseconds until the next token is to be available.
   * @param mostOverdrawn by how many tokens, at most.
   */
  drain(milliseconds: number, mostOverdrawn: number, now: number): void {
    this.#refill(now);
    const overdrawn = Math.min((milliseconds / 1000) * this.#limits.perSecond - 1, mostOverdrawn);
    this.#tokens = Math.min(this.#tokens, -overdrawn);
  }

  /** Makes a token available. */
  clear(now: number): void {
    this.#refill(now);
    this.#tokens = Math.max(this.#tokens, 1);
  }

  #refill(now: number): void {
    const seconds = (now - this.#asOf) / 1000;
    this.#tokens = Math.min(this.#limits.tokens, this.#tokens + seconds * this.#limits.perSecond);
    this.#asOf = now;
  }
}
