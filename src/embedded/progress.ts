const secondsBetweenLines = 1;

/** Reports the progress of loading: at most one line per second, and one for each finished file. */
export class Progress {
  readonly #report: (line: string) => void;
  readonly #started = performance.now();
  #lastLine = performance.now();

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** Reports a file that is being read. `part` is from 0 to 1. */
  reading(file: string, part: number, rows: number, since: number): void {
    const now = performance.now();
    if (now - this.#lastLine < secondsBetweenLines * 1000) return;
    this.#lastLine = now;
    const percent = Math.min(99, Math.floor(part * 100));
    this.#report(`  ${file}: ${percent}%, ${count(rows)} rows (${rate(rows, now - since)})`);
  }

  /** Reports a file that has been read completely. */
  finished(file: string, rows: number, since: number): void {
    this.#lastLine = performance.now();
    this.#report(`  ${file}: ${count(rows)} rows (${rate(rows, this.#lastLine - since)})`);
  }

  seconds(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(1);
  }
}

/** 1,234,567 */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function rate(rows: number, milliseconds: number): string {
  return `${count(Math.round((rows * 1000) / Math.max(1, milliseconds)))} rows/s`;
}
