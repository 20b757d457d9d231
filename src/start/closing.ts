/** Ends what was opened, last opened first; each part is closed even if another fails. */
export class Closing {
  readonly #parts: (() => Promise<void>)[] = [];
  readonly #onFailure: (error: unknown) => void;
  #closed: Promise<void> | undefined;

  /** `onFailure` is told what goes wrong in closing. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Whether the end has begun: nothing more may be started then. */
  get hasBegun(): boolean {
    return this.#closed !== undefined;
  }

  /** Keeps in mind how to close what was just opened; once the end has begun it is closed at once. */
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
