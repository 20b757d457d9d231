/** The value of further ones. */
const other = 'other';

/**
 * Bounds the number of values of a label that clients choose: each value costs memory, here and in Prometheus, for as long as
 * the process runs.
 */
export class LabelValues {
  readonly #limit: number;
  readonly #maxLength: number;
  readonly #known = new Set<string>();

  constructor(limit: number, maxLength: number) {
    this.#limit = limit;
    this.#maxLength = maxLength;
  }

  /** @returns the value if it is among the first `limit` ones and not too long, otherwise `other`. */
  bounded(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#limit || value.length > this.#maxLength) return other;
    this.#known.add(value);
    return value;
  }
}
