import { compareIds } from '../../domain/ids.ts';

/** A list that is read page by page. Ids increase numerically, within a page and from page to page. */
export interface Sorted<Row> {
  /** For the error message. */
  readonly name: string;
  readonly pages: AsyncIterable<readonly Row[]>;
  readonly idOf: (row: Row) => string;
}

/** The rows of two lists with the same id. At least one is set. */
export interface Pair<Left, Right> {
  readonly id: string;
  readonly left: Left | null;
  readonly right: Right | null;
}

/**
 * Merges two sorted lists by id, with a page of each in memory.
 *
 * @throws {Error} if ids do not increase: merging would silently lose rows.
 */
export async function* mergeById<Left, Right>(
  left: Sorted<Left>,
  right: Sorted<Right>,
): AsyncGenerator<Pair<Left, Right>[], void, undefined> {
  const [lefts, rights] = [new Reader(left), new Reader(right)];
  try {
    for (;;) {
      await Promise.all([lefts.fill(), rights.fill()]);
      const pairs: Pair<Left, Right>[] = [];
      while (lefts.isReady && rights.isReady) {
        const id = firstOf(lefts.id, rights.id);
        if (id === null) break;
        pairs.push({ id, left: lefts.takeIf(id), right: rights.takeIf(id) });
      }
      if (pairs.length === 0) return;
      yield pairs;
    }
  } finally {
    await Promise.all([lefts.close(), rights.close()]);
  }
}

/** The smaller id; null is the end of a list. */
function firstOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareIds(one, other) <= 0 ? one : other;
}

/** Reads pages row by row, without a promise per row. */
class Reader<Row> {
  readonly #list: Sorted<Row>;
  readonly #pages: AsyncIterator<readonly Row[]>;
  #page: readonly Row[] = [];
  #at = 0;
  #isOver = false;
  /** The next row's id; null if no row is loaded. */
  id: string | null = null;

  constructor(list: Sorted<Row>) {
    this.#list = list;
    this.#pages = list.pages[Symbol.asyncIterator]();
  }

  /** Whether the next row is loaded, or the list has ended. */
  get isReady(): boolean {
    return this.id !== null || this.#isOver;
  }

  /** Reads until `isReady`. */
  async fill(): Promise<void> {
    let before: string | null = null;
    if (this.#page.length > 0) before = this.#list.idOf(this.#page.at(-1) as Row);
    while (!this.isReady) {
      const { done, value } = await this.#pages.next();
      if (done) this.#isOver = true;
      else if (value.length > 0) {
        this.#page = value;
        this.#moveTo(0, before);
      }
    }
  }

  /** The next row, if it has this id. */
  takeIf(id: string): Row | null {
    if (this.id !== id) return null;
    const row = this.#page[this.#at] as Row;
    this.#moveTo(this.#at + 1, id);
    return row;
  }

  async close(): Promise<void> {
    if (!this.#isOver) await this.#pages.return?.();
  }

  #moveTo(at: number, before: string | null): void {
    this.#at = at;
    const row = this.#page[at];
    this.id = row === undefined ? null : this.#list.idOf(row);
    if (this.id !== null && before !== null && compareIds(before, this.id) >= 0) {
      throw new Error(`${this.#list.name}: iteration ${this.id} comes after ${before}; ids must increase`);
    }
  }
}
