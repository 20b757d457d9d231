import { isDeepStrictEqual } from 'node:util';

/** Compares what the API answers with what was predicted, and says each time which it was. */
export class Checks {
  #good = 0;
  #bad = 0;
  readonly #report: (line: string) => void;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** `what` is the claim, as a sentence for a person. */
  equal(what: string, actual: unknown, expected: unknown): void {
    if (isDeepStrictEqual(actual, expected)) {
      this.#good += 1;
      this.#report(`   ok    ${what}`);
    } else {
      this.#bad += 1;
      this.#report(`   WRONG ${what}`);
      this.#report(`         answered ${shown(actual)}, predicted ${shown(expected)}`);
    }
  }

  /** Says how it went; true if every claim held, and there was one. */
  end(): boolean {
    const all = this.#good + this.#bad;
    if (this.#bad > 0) this.#report(`${this.#bad} of ${all} claims did not hold.`);
    else this.#report(`${all} claims, each as predicted.`);
    return this.#bad === 0 && all > 0;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value instanceof Map ? [...value] : value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}
