/** Begins work without waiting for its end, but never before the work before it has ended. */
export class Mutex {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when the work has begun. Throws what the work before it threw; this one is not begun then. */
  async begin(work: () => Promise<void>): Promise<void> {
    await this.#last;
    this.#last = work();
    // It may fail before anybody waits for it.
    this.#last.catch(() => undefined);
  }

  /** Waits for the last work, and throws what it threw. */
  end(): Promise<void> {
    return this.#last;
  }
}
