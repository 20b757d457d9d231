/** A request to the contract's endpoint and its outcome. */
export interface RequestRecord {
  /** From 1, in order of arrival. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly rows: number;
  /** The kinds of the faults that were injected. */
  readonly faults: readonly string[];
  /** null if no complete answer was sent. */
  readonly status: number | null;
  /** Whether an earlier request with this key was answered the same. */
  readonly isRepeated: boolean;
}

/** The latest requests, kept in memory. */
export class RequestLog {
  readonly #records: RequestRecord[] = [];
  readonly #maxRecords: number;
  #count = 0;

  constructor(maxRecords: number) {
    this.#maxRecords = maxRecords;
  }

  add(record: Omit<RequestRecord, 'number'>): void {
    this.#records.push({ number: ++this.#count, ...record });
    if (this.#records.length > this.#maxRecords) this.#records.shift();
  }

  /** Oldest first. */
  list(): readonly RequestRecord[] {
    return [...this.#records];
  }
}
