import type { Lease, RunProgress } from '../ports.ts';
import type { Batch, RunState } from '../types.ts';
import { BatchSender } from './batch-sender.ts';
import { Wake } from './clock.ts';
import type { DeliveryContext } from './context.ts';
import { LeaseKeeper } from './lease-keeper.ts';

/** Why a worker stopped delivering a run. */
export type Delivered =
  | { readonly kind: 'ended'; readonly state: RunState }
  /** Another worker has it. */
  | { readonly kind: 'lost' }
  /** Released, so that another worker can continue. */
  | { readonly kind: 'released' };

/** Shorter waits, and smaller changes of a wait, are not recorded: that would be a write per check. */
const recordedFrom = 1_000;

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
  readonly #wake = new Wake();
  #mustEndAt: number;
  /** Set once. From then on no batch is taken. */
  #giveUp: string | null = null;
  #fault: { readonly error: unknown } | null = null;

  constructor(lease: Lease, heldUntil: number, context: DeliveryContext, requests: AbortController) {
    const { limits, clock } = context;
    this.#lease = lease;
    this.#context = context;
    this.#mustEndAt = clock.now() + limits.runMilliseconds;
    this.#keeper = new LeaseKeeper(context, lease, limits.leaseMilliseconds, heldUntil, () => {
      requests.abort();
      this.#wake.ring();
    });
    this.#sender = new BatchSender(lease, context, this.#keeper, requests.signal, () => this.#mustEndAt - clock.now());
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
    let isFirst = true;
    while (this.#continues) {
      if (this.#inFlight.size >= limits.concurrency) {
        await Promise.race(this.#inFlight.values());
        continue;
      }
      this.#wake.arm();
      const inFlight = [...this.#inFlight.keys()];
      const progress = await store.progress(this.#lease, inFlight);
      this.#mustEndAt = clock.now() + limits.runMilliseconds - progress.ageMilliseconds;
      // The previous worker may have been waiting for a Retry-After that this process has not seen.
      if (isFirst) throttle.resume(progress.recordedWaitMilliseconds ?? 0, clock.now());
      isFirst = false;
      if (progress.openBatches === 0) return 'done';
      if (progress.isCancelled) return 'cancelled';
      const left = this.#mustEndAt - clock.now();
      const wait = Math.max(progress.nextInMilliseconds ?? Number.POSITIVE_INFINITY, throttle.wait(clock.now()));
      // A batch in flight may have been postponed since, and its time is not in `progress`.
      if (left <= 0 || (wait > left && inFlight.length === 0)) {
        this.#giveUp ??= this.#sender.tooLate(limits.runMilliseconds);
      } else if (wait > 0) {
        if (inFlight.length === 0) await this.#recordWait(wait, progress);
        await this.#wake.sleep(Math.min(wait, limits.checkMilliseconds), clock);
      } else {
        const batch = await store.nextBatch(this.#lease, [...this.#inFlight.keys()]);
        if (!batch) await this.#wake.sleep(limits.checkMilliseconds, clock);
        else if (this.#continues && throttle.wait(clock.now()) === 0) this.#take(batch);
      }
    }
    return this.#giveUp === null ? null : 'gave up';
  }

  async #recordWait(milliseconds: number, { recordedWaitMilliseconds }: RunProgress): Promise<void> {
    if (milliseconds < recordedFrom) return;
    const change = Math.abs(milliseconds - (recordedWaitMilliseconds ?? 0));
    if (change < recordedFrom) return;
    const isHeld = await this.#context.store.recordWait(this.#lease, milliseconds);
    if (!isHeld) this.#keeper.lose();
  }

  get #continues(): boolean {
    return !this.#context.stop.aborted && !this.#fault && this.#giveUp === null && this.#keeper.isHeld;
  }

  #take(batch: Batch): void {
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
