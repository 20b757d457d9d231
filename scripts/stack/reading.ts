import { createHash } from 'node:crypto';
import type { Findings } from '../../src/embedded/csv/csv-faults.ts';
import { readCsv } from '../../src/embedded/csv/read.ts';
import type { CsvSource } from '../../src/embedded/csv/source.ts';
import type { Progress } from '../../src/embedded/progress.ts';
import type { RawTable } from '../../src/embedded/raw-tables.ts';

/** One file on its way: its COPY text, and what went through. */
export class Reading {
  rows = 0;
  readonly #hash = createHash('sha256');
  readonly #table: RawTable;
  readonly #source: CsvSource;
  readonly #findings: Findings;
  readonly #loadedAt: string;
  readonly #progress: Progress;
  #bytes = 0;

  constructor(table: RawTable, source: CsvSource, findings: Findings, loadedAt: string, progress: Progress) {
    this.#table = table;
    this.#source = source;
    this.#findings = findings;
    this.#loadedAt = loadedAt;
    this.#progress = progress;
  }

  digest(): string {
    return this.#hash.digest('hex');
  }

  async *text(): AsyncGenerator<string> {
    const since = performance.now();
    const size = Math.max(1, this.#source.size(this.#table));
    for await (const batch of readCsv(this.#table, this.#chunks(), this.#findings, this.#loadedAt)) {
      this.rows += batch.rows;
      yield batch.text;
      this.#progress.reading(this.#table.file, this.#bytes / size, this.rows, since);
    }
    if (this.#findings.faults.length === 0) this.#progress.finished(this.#table.file, this.rows, since);
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source.open(this.#table)) {
      this.#hash.update(chunk);
      this.#bytes += chunk.length;
      yield chunk;
    }
  }
}
