/**
 * The batches of a run that are not due yet, by the monotonic clock of the process that delivers it. The ledger also has their
 * times, for the next process; within one process they do not depend on a clock that can be set.
 */
export class PostponedBatches {
  readonly #dueAt = new Map<number, number>();

  /** @param now monotonic milliseconds, as in all methods. */
  add(batch: number, milliseconds: number, now: number): void {
    this.#dueAt.set(batch, now + milliseconds);
  }

  /** The numbers of the batches that are not due. Those that are due are forgotten. */
  waiting(now: number): number[] {
    for (const [batch, dueAt] of this.#dueAt) if (dueAt <= now) this.#dueAt.delete(batch);
    return [...this.#dueAt.keys()];
  }

  /** Milliseconds until the first one is due; 0: now; null: there is none. */
  nextIn(now: number): number | null {
    if (this.#dueAt.size === 0) return null;
    let first = Number.POSITIVE_INFINITY;
    for (const dueAt of this.#dueAt.values()) first = Math.min(first, dueAt);
    return Math.max(0, first - now);
  }

  /** All are due. */
  clear(): void {
    this.#dueAt.clear();
  }
}
