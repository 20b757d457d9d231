import type { Lease, Wait } from '../ports.ts';
import type { Batch, RunState } from '../types.ts';
import { BatchSender } from './batch-sender.ts';
import { Wake } from './clock.ts';
import type { DeliveryContext } from './context.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { PostponedBatches } from './postponed-batches.ts';
import { RecordedWait } from './recorded-wait.ts';

/** Why a worker stopped delivering a run. */
export type Delivered =
  | { readonly kind: 'ended'; readonly state: RunState }
  /** Another worker has it. */
  | { readonly kind: 'lost' }
  /** Released, so that another worker can continue. */
  | { readonly kind: 'released' };

/** Why a run ends. */
type End = 'done' | 'cancelled' | 'gave up';

/**
 * Delivers a run from its current state to its end.
 *
 * @param heldUntil when the lease ends by the clock of `context`, counted from before it was requested.
 * @throws what the ledger threw, after all requests have ended. Nothing is lost: the run is released, or its lease expires.
 */
export async function deliver(lease: Lease, heldUntil: number, context: DeliveryContext): Promise<Delivered> {
  const requests = new AbortController();
  const hurry = () => requests.abort();
  const delivery = new Delivery(lease, heldUntil, context, requests);
  context.hurry.addEventListener('abort', hurry, { once: true });
  context.stop.addEventListener('abort', delivery.wake, { once: true });
  try {
    return await delivery.run();
  } finally {
    context.hurry.removeEventListener('abort', hurry);
    context.stop.removeEventListener('abort', delivery.wake);
  }
}

class Delivery {
  readonly #lease: Lease;
  readonly #context: DeliveryContext;
  readonly #keeper: LeaseKeeper;
  readonly #sender: BatchSender;
  readonly #inFlight = new Map<number, Promise<void>>();
  readonly #postponed = new PostponedBatches();
  readonly #wake = new Wake();
  #recorded: RecordedWait;
  #mustEndAt: number;
  /** Set once. From then on no batch is taken. */
  #giveUp: string | null = null;
  #fault: { readonly error: unknown } | null = null;

  constructor(lease: Lease, heldUntil: number, context: DeliveryContext, requests: AbortController) {
    const { limits, clock } = context;
    this.#lease = lease;
    this.#context = context;
    this.#recorded = new RecordedWait(null, 'CLOSED', clock.now());
    this.#mustEndAt = clock.now() + limits.runMilliseconds;
    this.#keeper = new LeaseKeeper(context, lease, limits.leaseMilliseconds, heldUntil, () => {
      requests.abort();
      this.#wake.ring();
    });
    const remaining = () => this.#mustEndAt - clock.now();
    this.#sender = new BatchSender(lease, context, this.#keeper, this.#postponed, requests.signal, remaining);
  }

  readonly wake = () => this.#wake.ring();

  async run(): Promise<Delivered> {
    const over = new AbortController();
    const keeping = this.#keeper.keep(over.signal);
    try {
      const end = await this.#takeBatches();
      await Promise.all(this.#inFlight.values());
      return await this.#end(end);
    } catch (error) {
      this.#fault ??= { error };
      await Promise.all(this.#inFlight.values());
      if (this.#keeper.isHeld) await this.#context.store.release(this.#lease).catch(() => undefined);
      throw this.#fault.error;
    } finally {
      over.abort();
      await keeping;
    }
  }

  /** @returns null if another worker will continue the run. */
  async #takeBatches(): Promise<End | null> {
    const { store, clock, limits, throttle } = this.#context;
    await this.#takeOver();
    while (this.#continues) {
      if (this.#inFlight.size >= limits.concurrency) {
        await Promise.race(this.#inFlight.values());
        continue;
      }
      this.#wake.arm();
      const inFlight = this.#inFlight.size;
      const unavailable = this.#unavailable().length;
      const { openBatches, isCancelled, isResumeRequested } = await store.progress(this.#lease);
      if (openBatches === 0) return 'done';
      if (isCancelled) return 'cancelled';
      if (isResumeRequested) {
        await this.#resume();
        continue;
      }
      const now = clock.now();
      const left = this.#mustEndAt - now;
      const due = openBatches > unavailable ? 0 : (this.#postponed.nextIn(now) ?? Number.POSITIVE_INFINITY);
      const wait = Math.max(due, throttle.wait(now));
      await this.#recordWait(
        inFlight > 0 || wait === 0 ? null : { milliseconds: wait, cause: this.#causeOf(wait, now) },
      );
      // A batch in flight may have been postponed since.
      if (left <= 0 || (wait > left && inFlight === 0)) {
        this.#giveUp ??= this.#sender.tooLate(limits.runMilliseconds);
      } else if (wait > 0) {
        await this.#wake.sleep(Math.min(wait, limits.checkMilliseconds), clock);
      } else {
        const batch = await store.nextBatch(this.#lease, this.#unavailable());
        if (!batch) await this.#wake.sleep(limits.checkMilliseconds, clock);
        else if (this.#continues && throttle.wait(clock.now()) === 0) this.#take(batch);
      }
    }
    return this.#giveUp === null ? null : 'gave up';
  }

  /** Continues what the previous worker began. From here on this process's clock counts. */
  async #takeOver(): Promise<void> {
    const { store, clock, limits, throttle } = this.#context;
    const { ageMilliseconds, wait, breaker, postponed } = await store.handover(this.#lease);
    const now = clock.now();
    this.#mustEndAt = now + limits.runMilliseconds - ageMilliseconds;
    this.#recorded = new RecordedWait(wait, breaker, now);
    // This process may not have seen the Retry-After.
    if (wait) throttle.takeOver(wait, now);
    // More is left only if the database's clock was set back since.
    const longest = Math.max(limits.backoff.capMilliseconds, limits.retryAfterMaxMilliseconds);
    for (const { number, milliseconds } of postponed) {
      this.#postponed.add(number, Math.min(milliseconds, longest), now);
      this.#sender.hasWaited(number);
    }
  }

  /** The batches that can't be taken: they are in flight, or not due. */
  #unavailable(): number[] {
    return [...new Set([...this.#inFlight.keys(), ...this.#postponed.waiting(this.#context.clock.now())])];
  }

  #causeOf(wait: number, now: number): Wait['cause'] {
    const { throttle } = this.#context;
    // A batch that was answered with Retry-After is postponed as long as the throttle, give or take the time to record it.
    return wait - throttle.wait(now) < 1_000 ? (throttle.cause(now) ?? 'BACKOFF') : 'BACKOFF';
  }

  async #recordWait(wait: Wait | null): Promise<void> {
    const { store, clock, throttle } = this.#context;
    const change = this.#recorded.change(wait, throttle.breaker, clock.now());
    if (change === null) return;
    const isHeld = await store.recordWait(this.#lease, change.wait, change.breaker);
    if (!isHeld) this.#keeper.lose();
  }

  /** Someone asked to send the next request at once. */
  async #resume(): Promise<void> {
    const { store, clock, throttle } = this.#context;
    throttle.clear(clock.now());
    this.#postponed.clear();
    this.#recorded.resumed();
    const isHeld = await store.recordResumed(this.#lease);
    if (!isHeld) this.#keeper.lose();
  }

  get #continues(): boolean {
    return !this.#context.stop.aborted && !this.#fault && this.#giveUp === null && this.#keeper.isHeld;
  }

  #take(batch: Batch): void {
    this.#recorded.attempted();
    const sending = this.#sender
      .send(batch)
      .then((giveUp) => {
        this.#giveUp ??= giveUp;
      })
      .catch((error) => {
        this.#fault ??= { error };
      })
      .finally(() => {
        this.#inFlight.delete(batch.number);
        this.#wake.ring();
      });
    this.#inFlight.set(batch.number, sending);
  }

  async #end(end: End | null): Promise<Delivered> {
    const { store } = this.#context;
    if (this.#fault) throw this.#fault.error;
    if (!this.#keeper.isHeld) return { kind: 'lost' };
    // The last batches in flight may have found a reason to give up.
    const why = end ?? (this.#giveUp === null ? null : 'gave up');
    if (why === null) {
      await store.release(this.#lease);
      return { kind: 'released' };
    }
    const state = await store.finish(this.#lease, why, why === 'gave up' ? this.#giveUp : null);
    return state === null ? { kind: 'lost' } : { kind: 'ended', state };
  }
}
