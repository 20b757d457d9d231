import type { Clock, DeliveryStore, Lease } from '../ports.ts';

/** Shares of a lease: until it is renewed, and until a ledger that failed to is asked again, which may fail at once. */
const renewedAfter = 1 / 3;
const askedAgainAfter = 1 / 15;

/** Keeps a lease while its run is delivered: renews it in time, and knows when it can't be trusted any more. */
export class LeaseKeeper {
  readonly #store: Pick<DeliveryStore, 'renew'>;
  readonly #clock: Clock;
  readonly #lease: Lease;
  readonly #milliseconds: number;
  readonly #onLost: () => void;
  #until: number;
  #isLost = false;

  /**
   * @param until when the lease ends by this process's clock, counted from before it was asked for.
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

  /** False: stop at once, and write nothing. */
  get isHeld(): boolean {
    if (this.#clock.now() >= this.#until) this.lose();
    return !this.#isLost;
  }

  /** Somebody found out that another worker has the run. */
  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#onLost();
  }

  /** Renews until the signal is aborted or the lease is lost. */
  async keep(signal: AbortSignal): Promise<void> {
    let share = renewedAfter;
    while (!signal.aborted && this.isHeld) {
      const left = this.#until - this.#clock.now();
      // Whole milliseconds: the smallest fractions of a clock would let it ask again and again without getting anywhere.
      await this.#clock.sleep(Math.ceil(Math.min(this.#milliseconds * share, left)), signal);
      if (signal.aborted || !this.isHeld) return;
      const asked = this.#clock.now();
      const held = await this.#renew(signal);
      if (held === false) this.lose();
      else if (held) this.#until = asked + this.#milliseconds;
      share = held === null ? askedAgainAfter : renewedAfter;
    }
  }

  /** Null: the ledger failed, or did not answer while the lease lasted. It is asked again as long as there is time. */
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
