import type { DeliveryLimits } from '../../config/push.ts';
import type { BreakerState } from '../types.ts';

/** The outcome of a request as the breaker counts it; 'unknown' is not counted. */
export type Verdict = 'worked' | 'failed' | 'unknown';

/**
 * A circuit breaker. Closed: every request passes. Open, after consecutive failures: no request passes for some time. Then
 * half-open: one request at a time probes. If it works the breaker closes; if it fails it opens for twice as long.
 */
export class Breaker {
  readonly #limits: DeliveryLimits['breaker'];
  #failures = 0;
  #openUntil: number | null = null;
  #openFor: number;
  #isProbing = false;

  constructor(limits: DeliveryLimits['breaker']) {
    this.#limits = limits;
    this.#openFor = limits.openMilliseconds;
  }

  /** OPEN until a request probes, even if that request may already be sent. */
  get state(): BreakerState {
    if (this.#openUntil === null) return 'CLOSED';
    return this.#isProbing ? 'HALF_OPEN' : 'OPEN';
  }

  /** Milliseconds until a request may pass; 0: now; Infinity: after the probe in flight has ended. */
  wait(now: number): number {
    if (this.#openUntil === null) return 0;
    return this.#isProbing ? Number.POSITIVE_INFINITY : Math.max(0, this.#openUntil - now);
  }

  /** Opens for this time, up to its cap, because the breaker of another process was open. */
  open(milliseconds: number, now: number): void {
    this.#openUntil = Math.max(this.#openUntil ?? now, now + Math.min(milliseconds, this.#limits.capMilliseconds));
  }

  /** If it is open, a request may probe now. */
  clear(now: number): void {
    if (this.#openUntil === null) return;
    this.#openUntil = Math.min(this.#openUntil, now);
    this.#openFor = this.#limits.openMilliseconds;
  }

  /**
   * Lets a request pass. To be called only if `wait` is 0.
   *
   * @returns to be called when the request has ended.
   */
  pass(): (verdict: Verdict, now: number) => void {
    const isProbe = this.#openUntil !== null;
    if (isProbe) this.#isProbing = true;
    return (verdict, now) => {
      if (isProbe) this.#isProbing = false;
      if (verdict === 'worked') this.#close();
      else if (verdict === 'failed') this.#fail(isProbe, now);
    };
  }

  #close(): void {
    this.#failures = 0;
    this.#openUntil = null;
    this.#openFor = this.#limits.openMilliseconds;
  }

  #fail(isProbe: boolean, now: number): void {
    this.#failures++;
    if (this.#openUntil === null) {
      if (this.#failures >= this.#limits.failures) this.#openUntil = now + this.#openFor;
    } else if (isProbe) {
      this.#openFor = Math.min(this.#limits.capMilliseconds, 2 * this.#openFor);
      this.#openUntil = now + this.#openFor;
    }
    // Requests that were in flight when it opened are not counted.
  }
}
