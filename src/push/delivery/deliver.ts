import type { Lease, RunProgress } from '../ports.ts';
import type { Batch, PushState } from '../types.ts';
import { BatchSender } from './batch-sender.ts';
import type { DeliveryContext } from './context.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { Wake } from './wake.ts';

/** How a worker got rid of a run. */
export type Delivered =
  | { readonly kind: 'ended'; readonly state: PushState }
  /** Another worker has it. */
  | { readonly kind: 'lost' }
  /** Given back, for others to go on with. */
  | { readonly kind: 'released' };

/** A wait is recorded from this length on, and again where it changes by as much: not for each look at it. */
const recordedFrom = 1_000;

/** Why no further batch is taken. */
type End = 'done' | 'cancelled' | 'gave up';

/**
 * Delivers a run, from wherever it stands to its end.
 *
 * @param heldUntil when the lease ends by the clock of `context`, counted from before it was asked for.
 * @throws what the ledger threw, once nothing is in hand any more. Nothing is lost by that: the run is given back, or its
 *   lease runs out.
 */
export async function deliver(lease: Lease, heldUntil: number, context: DeliveryContext): Promise<Delivered> {
  const cut = new AbortController();
  const hurry = () => cut.abort();
  const delivery = new Delivery(lease, heldUntil, context, cut);
  if (context.hurry.aborted) hurry();
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
  readonly #inHand = new Map<number, Promise<void>>();
  readonly #wake = new Wake();
  #mustEndAt: number;
  /** Set once; nothing new is taken from then on. */
  #giveUp: string | null = null;
  #fault: { readonly error: unknown } | null = null;

  constructor(lease: Lease, heldUntil: number, context: DeliveryContext, cut: AbortController) {
    const { limits, clock } = context;
    this.#lease = lease;
    this.#context = context;
    this.#mustEndAt = clock.now() + limits.runMilliseconds;
    this.#keeper = new LeaseKeeper(context, lease, limits.leaseMilliseconds, heldUntil, () => {
      cut.abort();
      this.#wake.ring();
    });
    this.#sender = new BatchSender(lease, context, this.#keeper, cut.signal, () => this.#mustEndAt - clock.now());
  }

  readonly wake = () => this.#wake.ring();

  async run(): Promise<Delivered> {
    const over = new AbortController();
    const keeping = this.#keeper.keep(over.signal);
    try {
      const end = await this.#takeBatches();
      await Promise.all(this.#inHand.values());
      return await this.#end(end);
    } catch (error) {
      this.#fault ??= { error };
      await Promise.all(this.#inHand.values());
      if (this.#keeper.isHeld) await this.#context.store.release(this.#lease).catch(() => undefined);
      throw this.#fault.error;
    } finally {
      over.abort();
      await keeping;
    }
  }

  /** @returns null where it only stops here, and the run goes on elsewhere. */
  async #takeBatches(): Promise<End | null> {
    const { store, clock, limits, throttle } = this.#context;
    let isFirst = true;
    while (this.#goesOn) {
      if (this.#inHand.size >= limits.concurrency) {
        await Promise.race(this.#inHand.values());
        continue;
      }
      this.#wake.arm();
      const inHand = [...this.#inHand.keys()];
      const progress = await store.progress(this.#lease, inHand);
      this.#mustEndAt = clock.now() + limits.runMilliseconds - progress.ageMilliseconds;
      // The worker before this one may have waited for a Retry-After that this process knows nothing of.
      if (isFirst) throttle.resume(progress.recordedWaitMilliseconds ?? 0, clock.now());
      isFirst = false;
      if (progress.openBatches === 0) return 'done';
      if (progress.isCancelled) return 'cancelled';
      const left = this.#mustEndAt - clock.now();
      const wait = Math.max(progress.nextInMilliseconds ?? Number.POSITIVE_INFINITY, throttle.wait(clock.now()));
      // What was in hand when it was asked may have been put off since, and its time is not in the answer.
      if (left <= 0 || (wait > left && inHand.length === 0)) {
        this.#giveUp ??= this.#sender.tooLate(limits.runMilliseconds);
      } else if (wait > 0) {
        if (inHand.length === 0) await this.#recordWait(wait, progress);
        await this.#wake.sleep(Math.min(wait, limits.checkMilliseconds), clock);
      } else {
        const batch = await store.nextBatch(this.#lease, [...this.#inHand.keys()]);
        if (!batch) await this.#wake.sleep(limits.checkMilliseconds, clock);
        else if (this.#goesOn && throttle.wait(clock.now()) === 0) this.#take(batch);
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

  get #goesOn(): boolean {
    return !this.#context.stop.aborted && !this.#fault && this.#giveUp === null && this.#keeper.isHeld;
  }

  #take(batch: Batch): void {
    const carried = this.#sender
      .carry(batch)
      .then((giveUp) => {
        this.#giveUp ??= giveUp;
      })
      .catch((error) => {
        this.#fault ??= { error };
      })
      .finally(() => {
        this.#inHand.delete(batch.number);
        this.#wake.ring();
      });
    this.#inHand.set(batch.number, carried);
  }

  async #end(end: End | null): Promise<Delivered> {
    const { store } = this.#context;
    if (this.#fault) throw this.#fault.error;
    if (!this.#keeper.isHeld) return { kind: 'lost' };
    // A batch in hand may have told meanwhile that there is no point in going on.
    const why = end ?? (this.#giveUp === null ? null : 'gave up');
    if (why === null) {
      await store.release(this.#lease);
      return { kind: 'released' };
    }
    const state = await store.finish(this.#lease, why, why === 'gave up' ? this.#giveUp : null);
    return state === null ? { kind: 'lost' } : { kind: 'ended', state };
  }
}
