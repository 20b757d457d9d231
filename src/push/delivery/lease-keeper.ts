import type { Clock, DeliveryStore, Lease } from '../ports.ts';

/** When to renew a lease, and when to retry a failed renewal, as shares of the lease. */
const renewalShare = 1 / 3;
const retryShare = 1 / 15;

/** Renews a lease while its run is delivered, and detects when it is lost. */
export class LeaseKeeper {
  readonly #store: Pick<DeliveryStore, 'renew'>;
  readonly #clock: Clock;
  readonly #lease: Lease;
  readonly #milliseconds: number;
  readonly #onLost: () => void;
  #until: number;
  #isLost = false;

  /**
   * @param until when the lease ends by this process's clock, counted from before it was requested.
   * @param onLost called once.
   */
  constructor(
    ports: { readonly store: Pick<DeliveryStore, 'renew'>; readonly clock: Clock },
    lease: Lease,
    milliseconds: number,
    until: number,
    onLost: () => void,
  ) {
    this.#store = ports.store;
    this.#clock = ports.clock;
    this.#lease = lease;
    this.#milliseconds = milliseconds;
    this.#until = until;
    this.#onLost = onLost;
  }

  /** If false, the worker must stop at once and write nothing. */
  get isHeld(): boolean {
    if (this.#clock.now() >= this.#until) this.lose();
    return !this.#isLost;
  }

  /** A write found that another worker has the run. */
  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#onLost();
  }

  /** Renews until the signal is aborted or the lease is lost. */
  async keep(signal: AbortSignal): Promise<void> {
    let share = renewalShare;
    while (!signal.aborted && this.isHeld) {
      const left = this.#until - this.#clock.now();
      // Whole milliseconds: with fractions it could loop without the clock advancing.
      await this.#clock.sleep(Math.ceil(Math.min(this.#milliseconds * share, left)), signal);
      if (signal.aborted || !this.isHeld) return;
      const requestedAt = this.#clock.now();
      const held = await this.#renew(signal);
      if (held === false) this.lose();
      else if (held) this.#until = requestedAt + this.#milliseconds;
      share = held === null ? retryShare : renewalShare;
    }
  }

  /** @returns null if the ledger failed, or did not answer before the lease ended. The renewal is retried while there is time. */
  async #renew(signal: AbortSignal): Promise<boolean | null> {
    const answer = this.#store.renew(this.#lease, this.#milliseconds).catch(() => null);
    const enough = new AbortController();
    const stop = () => enough.abort();
    signal.addEventListener('abort', stop, { once: true });
    const end = this.#clock.sleep(this.#until - this.#clock.now(), enough.signal).then(() => null);
    const held = await Promise.race([answer, end]);
    signal.removeEventListener('abort', stop);
    stop();
    return held;
  }
}
