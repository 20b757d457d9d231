import type { DeliveryLimits } from '../../../src/config/push.ts';
import type { Sent } from '../../../src/push/ports.ts';

/** Computes independently what a process may send during a Retry-After, from the answers it received. */
export class ProbeRule {
  /** The end of all bounded pauses so far. */
  #pausedUntil = 0;
  /** While a Retry-After exceeds the limit: its end and start, and the earliest time of the next probe. */
  #long: { readonly until: number; readonly since: number; readonly notBefore: number } | null = null;
  #probe: string | null = null;
  readonly #limit: number;

  constructor({ retryAfterMaxMilliseconds }: Pick<DeliveryLimits, 'retryAfterMaxMilliseconds'>) {
    this.#limit = retryAfterMaxMilliseconds;
  }

  /** The bounded pause of an answer. */
  bounded(asked: number): number {
    return Math.min(asked, this.#limit);
  }

  /**
   * A batch is sent.
   *
   * @param decidedAt when the process decided to send it, before it recorded the attempt.
   * @returns whether it is a probe, or what is wrong with it.
   */
  sends(batch: string, decidedAt: number, now: number): { readonly isProbe: boolean } | { readonly fault: string } {
    if (now < this.#pausedUntil) return { fault: 'before Retry-After had passed' };
    if (this.#long === null || decidedAt <= this.#long.since) return { isProbe: false };
    if (this.#probe !== null) return { fault: `while the probe ${this.#probe} was in flight` };
    if (now < this.#long.notBefore) return { fault: 'less than an interval after the previous probe' };
    this.#probe = batch;
    return { isProbe: true };
  }

  /** The outcome of a batch. */
  hears(batch: string, sent: Sent, now: number): void {
    const isProbe = this.#probe === batch;
    if (isProbe) this.#probe = null;
    if (sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
      const asked = sent.retryAfterMilliseconds;
      this.#pausedUntil = Math.max(this.#pausedUntil, now + this.bounded(asked));
      const until = isProbe ? now + asked : Math.max(this.#long?.until ?? 0, now + asked);
      if (this.#long !== null) this.#long = { ...this.#long, until };
      else if (asked > this.#limit) this.#long = { until, since: now, notBefore: 0 };
    } else if (isProbe && this.#long !== null) {
      const isSuccess = sent.kind === 'answered' || sent.kind === 'refused';
      if (!isSuccess) this.#long = { ...this.#long, notBefore: Math.min(this.#long.until, now + this.#limit) };
      // Otherwise an older request was answered with a Retry-After meanwhile, and the next probe follows that.
      else if (now >= this.#pausedUntil) this.#long = null;
    }
  }
}
