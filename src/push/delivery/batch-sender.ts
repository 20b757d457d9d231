import type { Lease, Sent } from '../ports.ts';
import type { Batch } from '../types.ts';
import type { DeliveryContext } from './context.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { PostponedBatches } from './postponed-batches.ts';
import { backoff, exceedsRun, nextStep, type Step, unanswered } from './retry.ts';

const noResult = 'AdSuite returned no result for these rows';

const heldBack = "Not sent: AdSuite's Retry-After to another request had not passed";

/** Sends batches of a run to AdSuite, and records the results in the ledger. */
export class BatchSender {
  readonly #lease: Lease;
  readonly #context: DeliveryContext;
  readonly #keeper: LeaseKeeper;
  readonly #postponed: PostponedBatches;
  readonly #signal: AbortSignal;
  readonly #remaining: () => number;
  /** Batches that this sender has postponed: when they are due again, they have waited. */
  readonly #waited = new Set<number>();
  #lastReason: string | null = null;

  /**
   * @param postponed gets the batches that have to wait.
   * @param signal aborts requests in flight.
   * @param remaining milliseconds until the run's time limit.
   */
  constructor(
    lease: Lease,
    context: DeliveryContext,
    keeper: LeaseKeeper,
    postponed: PostponedBatches,
    signal: AbortSignal,
    remaining: () => number,
  ) {
    this.#lease = lease;
    this.#context = context;
    this.#keeper = keeper;
    this.#postponed = postponed;
    this.#signal = signal;
    this.#remaining = remaining;
  }

  /** Why a run ends that reached its time limit, or will before a Retry-After has passed; for display. */
  tooLate(runMilliseconds: number): string {
    const retryAfter = this.#context.throttle.retryAfterLeft(this.#context.clock.now());
    if (retryAfter > this.#remaining() && this.#remaining() > 0) {
      return exceedsRun(retryAfter, this.#lastReason);
    }
    const limit = `The run did not finish within ${Math.round(runMilliseconds / 1000)} s (PUSH_RUN_MINUTES)`;
    return this.#lastReason === null ? limit : `${limit}: ${this.#lastReason}`;
  }

  /** A batch whose wait a previous worker has recorded needs no second one. */
  hasWaited(batchNumber: number): void {
    this.#waited.add(batchNumber);
  }

  /**
   * Sends a batch once and records the result. To be called while the throttle is open.
   *
   * @returns why the whole run has to end; null: it continues.
   */
  async send(batch: Batch): Promise<string | null> {
    const { clock, limits } = this.#context;
    const hadArrived = batch.attempts > 0 && batch.isUnsent !== true;
    if (hadArrived && batch.attempts >= limits.attempts) {
      await this.#write(batch, unanswered(batch, this.#lastReason ?? noResult));
      return null;
    }
    if (batch.attempts > 0 && !this.#waited.delete(batch.number)) {
      // Attempted by another worker, or left out of an answer. Back off here too, so that such a loop slows down.
      await this.#postpone(batch, backoff(batch.attempts, limits.backoff, clock.random()), noResult);
      return null;
    }
    const sent = await this.#request(batch);
    if (sent === null || !this.#keeper.isHeld) return null;
    if (sent.kind === 'failed' || sent.kind === 'fatal') this.#lastReason = sent.reason;
    const remainingMilliseconds = this.#remaining();
    const circumstances = { hadArrived, remainingMilliseconds, limits, random: clock.random() };
    const { step, giveUp } = nextStep(batch, sent, circumstances);
    await this.#write(batch, step);
    return giveUp;
  }

  /** @returns null if the lease was lost before the request. */
  async #request(batch: Batch): Promise<Sent | null> {
    const { store, adsuite, clock, throttle } = this.#context;
    const onEnd = throttle.pass(batch.attempts > 0, clock.now());
    let sent: Sent | null = null;
    try {
      this.#checkHeld(await store.recordAttempt(this.#lease, batch));
      if (!this.#keeper.isHeld) return null;
      // Another batch's answer may have closed the throttle while this attempt was recorded.
      const retryAfterMilliseconds = throttle.retryAfterLeft(clock.now());
      if (retryAfterMilliseconds > 0) {
        // The run's last failure most likely is that answer, and is more specific.
        const reason = this.#lastReason ?? heldBack;
        return { kind: 'failed', reason, mayHaveArrived: false, retryAfterMilliseconds };
      }
      sent = await adsuite.send(batch, this.#signal);
      return sent;
    } finally {
      onEnd(sent, clock.now());
    }
  }

  async #write(batch: Batch, step: Step): Promise<void> {
    const { store } = this.#context;
    if (step.kind === 'settle') {
      this.#checkHeld(await store.settle(this.#lease, batch, step.results));
    } else if (step.kind === 'split') {
      this.#context.throttle.split(this.#context.clock.now());
      this.#checkHeld(await store.split(this.#lease, batch));
    } else {
      await this.#postpone(batch, step.milliseconds, step.reason, step.mayHaveArrived);
    }
  }

  async #postpone(batch: Batch, milliseconds: number, reason: string, mayHaveArrived?: boolean): Promise<void> {
    const { store, clock } = this.#context;
    const now = clock.now();
    this.#waited.add(batch.number);
    this.#checkHeld(await store.postpone(this.#lease, batch, milliseconds, reason, mayHaveArrived));
    this.#postponed.add(batch.number, milliseconds, now);
  }

  #checkHeld(isHeld: boolean): void {
    if (!isHeld) this.#keeper.lose();
  }
}
