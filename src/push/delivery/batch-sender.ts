import type { Lease, Sent } from '../ports.ts';
import type { Batch } from '../types.ts';
import { backoff } from './backoff.ts';
import type { DeliveryContext } from './context.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { exceedsRun, nextStep, type Step, unanswered } from './next-step.ts';

const noWord = 'AdSuite has given no word on these rows';

const heldBack = "Not sent: AdSuite's Retry-After to another request was not over";

/** Carries single batches of a run to AdSuite, and its words back to the ledger. */
export class BatchSender {
  readonly #lease: Lease;
  readonly #context: DeliveryContext;
  readonly #keeper: LeaseKeeper;
  readonly #signal: AbortSignal;
  readonly #remaining: () => number;
  /** Batches that wait their turn after a failure; the wait is behind them when they come again. */
  readonly #waited = new Set<number>();
  #lastReason: string | null = null;

  /**
   * @param signal gives up what is in flight.
   * @param remaining milliseconds until the run must end.
   */
  constructor(
    lease: Lease,
    context: DeliveryContext,
    keeper: LeaseKeeper,
    signal: AbortSignal,
    remaining: () => number,
  ) {
    this.#lease = lease;
    this.#context = context;
    this.#keeper = keeper;
    this.#signal = signal;
    this.#remaining = remaining;
  }

  /** For a person, of a run that has had its time, or whose time ends before a Retry-After does. */
  tooLate(runMilliseconds: number): string {
    const quiet = this.#context.throttle.quiet(this.#context.clock.now());
    if (quiet > this.#remaining() && this.#remaining() > 0) {
      return exceedsRun(quiet, this.#lastReason);
    }
    const limit = `The run could not be finished within ${Math.round(runMilliseconds / 1000)} s`;
    return this.#lastReason === null ? limit : `${limit}: ${this.#lastReason}`;
  }

  /**
   * Sends a batch once, and writes down what came of it. To be called when the throttle is open.
   *
   * @returns why the whole run has to end; null: it goes on.
   */
  async carry(batch: Batch): Promise<string | null> {
    const { store, clock, limits } = this.#context;
    const hadArrived = batch.attempts > 0 && batch.isUnsent !== true;
    if (hadArrived && batch.attempts >= limits.attempts) {
      await this.#write(batch, unanswered(batch, this.#lastReason ?? noWord));
      return null;
    }
    if (batch.attempts > 0 && !this.#waited.delete(batch.number)) {
      // Left by a worker that is gone, or by an answer that passed over it: such a loop has to slow down as well.
      this.#waited.add(batch.number);
      const milliseconds = backoff(batch.attempts, limits.backoff, clock.random());
      this.#heed(await store.postpone(this.#lease, batch, milliseconds, noWord));
      return null;
    }
    const sent = await this.#send(batch);
    if (sent === null || !this.#keeper.isHeld) return null;
    if (sent.kind === 'failed' || sent.kind === 'fatal') this.#lastReason = sent.reason;
    const remainingMilliseconds = this.#remaining();
    const circumstances = { hadArrived, remainingMilliseconds, limits, random: clock.random() };
    const { step, giveUp } = nextStep(batch, sent, circumstances);
    await this.#write(batch, step);
    return giveUp;
  }

  /** @returns null where the lease was lost before. */
  async #send(batch: Batch): Promise<Sent | null> {
    const { store, adsuite, clock, throttle } = this.#context;
    const over = throttle.pass(batch.attempts > 0, clock.now());
    let sent: Sent | null = null;
    try {
      this.#heed(await store.recordAttempt(this.#lease, batch));
      if (!this.#keeper.isHeld) return null;
      // Another batch's answer may have come while this one was written down.
      const retryAfterMilliseconds = throttle.quiet(clock.now());
      if (retryAfterMilliseconds > 0) {
        // The run's last failure is most likely that answer, and tells more.
        const reason = this.#lastReason ?? heldBack;
        return { kind: 'failed', reason, mayHaveArrived: false, retryAfterMilliseconds };
      }
      sent = await adsuite.send(batch, this.#signal);
      return sent;
    } finally {
      over(sent, clock.now());
    }
  }

  async #write(batch: Batch, step: Step): Promise<void> {
    const { store } = this.#context;
    if (step.kind === 'settle') {
      this.#heed(await store.settle(this.#lease, batch, step.results));
    } else if (step.kind === 'split') {
      this.#context.throttle.halve(this.#context.clock.now());
      this.#heed(await store.split(this.#lease, batch));
    } else {
      const { milliseconds, reason, mayHaveArrived } = step;
      this.#waited.add(batch.number);
      this.#heed(await store.postpone(this.#lease, batch, milliseconds, reason, mayHaveArrived));
    }
  }

  #heed(held: boolean): void {
    if (!held) this.#keeper.lose();
  }
}
