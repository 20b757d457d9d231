import type { Sent } from '../ports.ts';

/**
 * The pause that AdSuite's Retry-After asks for. It holds for every request of the process, whatever the run.
 *
 * A Retry-After up to the limit is honoured exactly. A longer one, which may be a mistake, stops requests for the limit only.
 * After that, one request at a time probes: if it is answered about its rows, requests go freely again; if not, the next
 * probe goes after another limit, or when the time that AdSuite asked for is over.
 */
export class RetryAfterPause {
  readonly #limit: number;
  #closedUntil = Number.NEGATIVE_INFINITY;
  /** The end of the time that AdSuite asked for, while only probes may go; null: requests go freely once it is open. */
  #askedUntil: number | null = null;
  #isProbeOut = false;

  /** @param limitMilliseconds the longest pause. */
  constructor(limitMilliseconds: number) {
    this.#limit = limitMilliseconds;
  }

  /** Milliseconds until a request may go; Infinity: not before the probe in flight has ended. */
  wait(now: number): number {
    const closed = this.closedFor(now);
    return closed === 0 && this.#isProbeOut ? Number.POSITIVE_INFINITY : closed;
  }

  /** How much longer no request may go, in milliseconds; 0: not at all. Never more than the limit. */
  closedFor(now: number): number {
    return Math.max(0, this.#closedUntil - now);
  }

  /** Continues a pause that another process began: no request for so long, at most the limit, and then a probe. */
  resume(milliseconds: number, now: number): void {
    if (milliseconds <= 0) return;
    this.#close(milliseconds, now);
    this.#askedUntil ??= this.#closedUntil;
  }

  /**
   * A request goes; only when `wait` says 0.
   *
   * @returns to be called when it has ended; null: it was not sent after all.
   */
  pass(): (sent: Sent | null, now: number) => void {
    const isProbe = this.#askedUntil !== null;
    if (isProbe) this.#isProbeOut = true;
    return (sent, later) => {
      if (isProbe) this.#isProbeOut = false;
      if (sent === null) return;
      if (sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
        this.#ask(sent.retryAfterMilliseconds, isProbe, later);
      } else if (isProbe && (sent.kind === 'answered' || sent.kind === 'refused')) {
        // Closed again: an older request was answered with a Retry-After while the probe was under way.
        if (this.closedFor(later) === 0) this.#askedUntil = null;
      } else if (isProbe) {
        this.#close((this.#askedUntil ?? later) - later, later);
      }
    };
  }

  /** The answer to a probe is AdSuite's latest, so it can also shorten the time that was asked for before. */
  #ask(milliseconds: number, isProbe: boolean, now: number): void {
    this.#close(milliseconds, now);
    const until = now + milliseconds;
    if (isProbe) this.#askedUntil = until;
    else if (this.#askedUntil !== null || milliseconds > this.#limit) {
      this.#askedUntil = Math.max(this.#askedUntil ?? until, until);
    }
  }

  #close(milliseconds: number, now: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, now + Math.min(milliseconds, this.#limit));
  }
}
