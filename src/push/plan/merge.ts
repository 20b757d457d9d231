import { compareIds } from '../../domain/ids.ts';

/** A list that is read page by page, with ids that rise, as numbers, within a page and from page to page. */
export interface Sorted<Row> {
  /** For the error where they do not rise. */
  readonly name: string;
  readonly pages: AsyncIterable<readonly Row[]>;
  readonly idOf: (row: Row) => string;
}

/** What two lists have under one id; at least one of them has something. */
export interface Pair<Left, Right> {
  readonly id: string;
  readonly left: Left | null;
  readonly right: Right | null;
}

/**
 * Brings two sorted lists together by id. Neither is ever whole in memory: pages of pairs come as far as both are read.
 *
 * @throws {Error} where ids do not rise: a merge of such lists would lose rows without a word.
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

/** null: the end of a list, after every id. */
function firstOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return compareIds(one, other) <= 0 ? one : other;
}

/** Reads pages row by row, without a promise for each row. */
class Reader<Row> {
  readonly #list: Sorted<Row>;
  readonly #pages: AsyncIterator<readonly Row[]>;
  #page: readonly Row[] = [];
  #at = 0;
  #isOver = false;
  /** The next row's id; null where none is at hand. */
  id: string | null = null;

  constructor(list: Sorted<Row>) {
    this.#list = list;
    this.#pages = list.pages[Symbol.asyncIterator]();
  }

  /** Whether it is known what comes next: a row, or the end. */
  get isReady(): boolean {
    return this.id !== null || this.#isOver;
  }

  /** Reads on until it is. */
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
      throw new Error(`${this.#list.name}: iteration ${this.id} comes after ${before}; ids must rise`);
    }
  }
}
