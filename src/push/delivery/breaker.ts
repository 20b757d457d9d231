import type { DeliveryLimits } from './limits.ts';

/** What becomes of a request that a breaker let through: it worked, it failed, or nobody can tell. */
export type Verdict = 'worked' | 'failed' | 'untold';

/**
 * A circuit breaker. Closed: everything passes. Open, after some failures in a row: nothing passes for a while. Then half-open:
 * one request at a time tries, until one works (closed) or fails (open for twice as long).
 */
export class Breaker {
  readonly #limits: DeliveryLimits['breaker'];
  #failures = 0;
  #openUntil: number | null = null;
  #openFor: number;
  #isTrying = false;

  constructor(limits: DeliveryLimits['breaker']) {
    this.#limits = limits;
    this.#openFor = limits.openMilliseconds;
  }

  /** How long until a request may pass; 0: now; Infinity: when the one that tries has come back. */
  wait(now: number): number {
    if (this.#openUntil === null) return 0;
    return this.#isTrying ? Number.POSITIVE_INFINITY : Math.max(0, this.#openUntil - now);
  }

  /**
   * A request goes out; only when `wait` says 0.
   *
   * @returns to be called when it is over, with what became of it.
   */
  pass(): (verdict: Verdict, now: number) => void {
    const tries = this.#openUntil !== null;
    if (tries) this.#isTrying = true;
    return (verdict, now) => {
      if (tries) this.#isTrying = false;
      if (verdict === 'worked') this.#close();
      else if (verdict === 'failed') this.#fail(tries, now);
    };
  }

  #close(): void {
    this.#failures = 0;
    this.#openUntil = null;
    this.#openFor = this.#limits.openMilliseconds;
  }

  #fail(tried: boolean, now: number): void {
    this.#failures++;
    if (this.#openUntil === null) {
      if (this.#failures >= this.#limits.failures) this.#openUntil = now + this.#openFor;
    } else if (tried) {
      this.#openFor = Math.min(this.#limits.capMilliseconds, 2 * this.#openFor);
      this.#openUntil = now + this.#openFor;
    }
    // Others were on their way when it opened: they tell nothing new.
  }
}
