/** Closes opened parts in reverse order. Each part is closed even if another fails. */
export class Closing {
  readonly #parts: (() => Promise<void>)[] = [];
  readonly #onFailure: (error: unknown) => void;
  #closed: Promise<void> | undefined;

  /** @param onFailure called with each error while closing. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Whether closing has started. Then nothing more may be opened. */
  get hasBegun(): boolean {
    return this.#closed !== undefined;
  }

  /** Registers how to close a part. If closing has started, closes it at once. */
  add(part: () => Promise<void>): void {
    if (this.hasBegun) void part().catch(this.#onFailure);
    else this.#parts.unshift(part);
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    for (let part = this.#parts.shift(); part; part = this.#parts.shift()) {
      try {
        await part();
      } catch (error) {
        this.#onFailure(error);
      }
    }
  }
}
