/** A request under the contract, and how it ended. */
export interface RequestRecord {
  /** From 1, in the order of arrival. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly rows: number;
  /** The kinds of the faults that acted on it. */
  readonly faults: readonly string[];
  /** null: no whole answer was sent. */
  readonly status: number | null;
  /** Whether the answer was that of an earlier request with this key. */
  readonly isRepeated: boolean;
}

/** The last requests, for tests and people; not kept over a restart. */
export class Journal {
  readonly #records: RequestRecord[] = [];
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(record: Omit<RequestRecord, 'number'>): void {
    this.#records.push({ number: ++this.#count, ...record });
    if (this.#records.length > this.#most) this.#records.shift();
  }

  /** Oldest first. */
  list(): readonly RequestRecord[] {
    return [...this.#records];
  }
}
