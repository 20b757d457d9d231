import { isDeepStrictEqual } from 'node:util';

/** Compares answers of the API with expected values, and reports and counts the results. */
export class Checks {
  #passed = 0;
  #failed = 0;
  readonly #report: (line: string) => void;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** @param what the checked statement, for display */
  equal(what: string, actual: unknown, expected: unknown): void {
    if (isDeepStrictEqual(actual, expected)) {
      this.#passed += 1;
      this.#report(`   ok    ${what}`);
    } else {
      this.#failed += 1;
      this.#report(`   WRONG ${what}`);
      this.#report(`         answered ${shorten(actual)}, expected ${shorten(expected)}`);
    }
  }

  /** Reports the totals. Returns true if there was at least one check and none failed. */
  finish(): boolean {
    const all = this.#passed + this.#failed;
    if (this.#failed > 0) this.#report(`${this.#failed} of ${all} checks failed.`);
    else this.#report(`All ${all} checks passed.`);
    return this.#failed === 0 && all > 0;
  }
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value instanceof Map ? [...value] : value) ?? 'nothing';
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}
