import { settlesWithin } from '../db/timeout.ts';

/** How long a request may wait for a check in progress. Less than a probe's default timeout of 1 s. */
const patienceMilliseconds = 500;
/** A store that does not respond for this long counts as down. A shorter silence may be a busy pool. */
const silenceMilliseconds = 30_000;
/** A store that is down is checked more often. */
const retryMilliseconds = 2_000;

export interface StoreCheckOptions<Value> {
  /** Reads from the store. Must end by itself. */
  readonly read: () => Promise<Value>;
  /** Minimum time between two checks of a store that is up. */
  readonly everyMilliseconds: number;
  /** A monotonic clock, in milliseconds. */
  readonly clock: () => number;
  /** Called when the result changes from up to down or back, and with the first result. */
  readonly onChange?: (isUp: boolean, error: unknown) => void;
}

/** The last result of a check. */
export type StoreState<Value> = { readonly isUp: true; readonly value: Value } | { readonly isUp: false };

/**
 * Whether a store can be read. All requests share one check at a time, and a check runs only on request, so that an idle
 * Redshift can pause.
 */
export class StoreCheck<Value> {
  readonly #options: StoreCheckOptions<Value>;
  #last: { readonly at: number; readonly state: StoreState<Value> } | null = null;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | null = null;

  constructor(options: StoreCheckOptions<Value>) {
    this.#options = options;
  }

  /** The state of the store. Starts a check if the last one is too old, and waits for it for half a second at most. */
  async state(): Promise<StoreState<Value>> {
    const { everyMilliseconds, clock } = this.#options;
    const interval = this.#last?.state.isUp ? everyMilliseconds : Math.min(everyMilliseconds, retryMilliseconds);
    if (!this.#last || clock() - this.#last.at >= interval) this.#pending ??= this.#check();
    if (this.#pending && !(await settlesWithin(this.#pending, patienceMilliseconds))) {
      if (clock() - this.#answeredAt >= silenceMilliseconds) return { isUp: false };
    }
    return this.#last?.state ?? { isUp: false };
  }

  async #check(): Promise<void> {
    const { read, clock, onChange } = this.#options;
    const before = this.#last?.state.isUp;
    // The age counts from before the check.
    const at = clock();
    let state: StoreState<Value>;
    let failure: unknown = null;
    try {
      state = { isUp: true, value: await read() };
      this.#answeredAt = clock();
    } catch (error) {
      state = { isUp: false };
      failure = error;
    }
    this.#last = { at, state };
    this.#pending = null;
    if (before !== state.isUp) onChange?.(state.isUp, failure);
  }
}
