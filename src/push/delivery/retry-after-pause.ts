import type { Sent } from '../ports.ts';

/**
 * The pause that AdSuite requests with Retry-After. It applies to all requests of the process.
 *
 * A Retry-After up to the limit is honoured exactly. A longer one, which may be a mistake, stops requests for the limit only.
 * Then one request at a time probes. If AdSuite answers it with row results, the pause ends. If not, the next probe follows
 * after the limit again, or when the requested time is over, whichever is first.
 */
export class RetryAfterPause {
  readonly #limit: number;
  #closedUntil = Number.NEGATIVE_INFINITY;
  /** The end of the requested time, while only probes pass; null: all requests pass once the pause is over. */
  #requestedUntil: number | null = null;
  #isProbeInFlight = false;

  /** @param limitMilliseconds the longest pause. */
  constructor(limitMilliseconds: number) {
    this.#limit = limitMilliseconds;
  }

  /** Milliseconds until a request may pass; 0: now; Infinity: after the probe in flight has ended. */
  wait(now: number): number {
    const closed = this.closedFor(now);
    return closed === 0 && this.#isProbeInFlight ? Number.POSITIVE_INFINITY : closed;
  }

  /** Milliseconds until the pause is over, at most the limit; 0: no pause. */
  closedFor(now: number): number {
    return Math.max(0, this.#closedUntil - now);
  }

  /** Continues a pause that another process began: no request for this time, up to the limit; then a probe. */
  resume(milliseconds: number, now: number): void {
    if (milliseconds <= 0) return;
    this.#close(milliseconds, now);
    this.#requestedUntil ??= this.#closedUntil;
  }

  /** Ends the pause early: a request may probe now. Without a pause it does nothing. */
  clear(now: number): void {
    if (this.closedFor(now) === 0) return;
    this.#closedUntil = now;
    this.#requestedUntil = now;
  }

  /**
   * Lets a request pass. To be called only if `wait` is 0.
   *
   * @returns to be called when the request has ended, with its outcome; null: it was not sent.
   */
  pass(): (sent: Sent | null, now: number) => void {
    const isProbe = this.#requestedUntil !== null;
    if (isProbe) this.#isProbeInFlight = true;
    return (sent, later) => {
      if (isProbe) this.#isProbeInFlight = false;
      if (sent === null) return;
      if (sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
        this.#extend(sent.retryAfterMilliseconds, isProbe, later);
      } else if (isProbe && (sent.kind === 'answered' || sent.kind === 'refused')) {
        // Unless an older request was answered with a Retry-After while the probe was in flight.
        if (this.closedFor(later) === 0) this.#requestedUntil = null;
      } else if (isProbe) {
        this.#close((this.#requestedUntil ?? later) - later, later);
      }
    };
  }

  /** The answer to a probe is AdSuite's latest, so it may also shorten the requested time. */
  #extend(milliseconds: number, isProbe: boolean, now: number): void {
    this.#close(milliseconds, now);
    const until = now + milliseconds;
    if (isProbe) this.#requestedUntil = until;
    else if (this.#requestedUntil !== null || milliseconds > this.#limit) {
      this.#requestedUntil = Math.max(this.#requestedUntil ?? until, until);
    }
  }

  #close(milliseconds: number, now: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, now + Math.min(milliseconds, this.#limit));
  }
}
