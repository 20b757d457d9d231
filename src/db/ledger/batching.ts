import { compareIds } from '../../domain/ids.ts';

/** A batch of a run: the rows of a range of iterations' ids. */
export interface BatchRange {
  readonly number: number;
  readonly firstId: string;
  readonly lastId: string;
  readonly rowCount: number;
}

/** Cuts rows that come in the order of their ids into batches of a size. */
export class Batching {
  readonly #size: number;
  /** The batch that is not full yet. */
  #current: BatchRange | null = null;
  #lastId: string | null = null;
  /** How many rows came, and how many batches they are. */
  rows = 0;
  batches = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Counts rows in.
   *
   * @returns the batches that have become full.
   * @throws where an id does not come after the one before it.
   */
  add(iterationIds: readonly string[]): BatchRange[] {
    const full: BatchRange[] = [];
    for (const id of iterationIds) {
      if (this.#lastId !== null && compareIds(id, this.#lastId) <= 0) {
        throw new Error(`rows are recorded in the order of iterations' ids, but ${id} came after ${this.#lastId}`);
      }
      this.#lastId = id;
      this.rows += 1;
      this.#current ??= { number: ++this.batches, firstId: id, lastId: id, rowCount: 0 };
      this.#current = { ...this.#current, lastId: id, rowCount: this.#current.rowCount + 1 };
      if (this.#current.rowCount === this.#size) full.push(this.#current);
      if (this.#current.rowCount === this.#size) this.#current = null;
    }
    return full;
  }

  /** The last batch, where it is not full. */
  rest(): BatchRange[] {
    return this.#current ? [this.#current] : [];
  }
}
