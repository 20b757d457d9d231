import type { DeliveryLimits } from '../../../src/push/delivery/limits.ts';
import type { Sent } from '../../../src/push/ports.ts';

/** What one process may send while AdSuite asks for a pause: a second opinion, from the answers that it received. */
export class ProbeRule {
  /** The end of all bounded waits so far. */
  #quietUntil = 0;
  /** While a Retry-After exceeds the limit: its end and start, and the earliest time of the next probe. */
  #long: { readonly until: number; readonly since: number; readonly notBefore: number } | null = null;
  #probe: string | null = null;
  readonly #limit: number;

  constructor({ retryAfterMaxMilliseconds }: Pick<DeliveryLimits, 'retryAfterMaxMilliseconds'>) {
    this.#limit = retryAfterMaxMilliseconds;
  }

  /** The bounded wait of an answer. */
  bounded(asked: number): number {
    return Math.min(asked, this.#limit);
  }

  /**
   * A batch is sent.
   *
   * @param decidedAt when that was decided; its attempt was written down in between.
   * @returns whether it is a probe, or what is wrong with it.
   */
  sends(batch: string, decidedAt: number, now: number): { readonly isProbe: boolean } | { readonly fault: string } {
    if (now < this.#quietUntil) return { fault: 'before Retry-After was over' };
    if (this.#long === null || decidedAt <= this.#long.since) return { isProbe: false };
    if (this.#probe !== null) return { fault: `while the probe ${this.#probe} was under way` };
    if (now < this.#long.notBefore) return { fault: 'less than an interval after the probe before it' };
    this.#probe = batch;
    return { isProbe: true };
  }

  /** How a batch ended. */
  hears(batch: string, sent: Sent, now: number): void {
    const isProbe = this.#probe === batch;
    if (isProbe) this.#probe = null;
    if (sent.kind === 'failed' && sent.retryAfterMilliseconds !== null) {
      const asked = sent.retryAfterMilliseconds;
      this.#quietUntil = Math.max(this.#quietUntil, now + this.bounded(asked));
      const until = isProbe ? now + asked : Math.max(this.#long?.until ?? 0, now + asked);
      if (this.#long !== null) this.#long = { ...this.#long, until };
      else if (asked > this.#limit) this.#long = { until, since: now, notBefore: 0 };
    } else if (isProbe && this.#long !== null) {
      const isSuccess = sent.kind === 'answered' || sent.kind === 'refused';
      if (!isSuccess) this.#long = { ...this.#long, notBefore: Math.min(this.#long.until, now + this.#limit) };
      // Otherwise an older request was answered with a Retry-After meanwhile; the next probe comes after that.
      else if (now >= this.#quietUntil) this.#long = null;
    }
  }
}
