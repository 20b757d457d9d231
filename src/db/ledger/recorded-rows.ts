import type { OutboxRow, PlannedRow } from '../../push/types.ts';
import type { BatchRange } from './queries/record.ts';

/** The most characters of values that are kept. */
const maxCharacters = 24 * 1024 * 1024;

/** Rows of a run as they were recorded, by batch. */
export interface RecordedBatches {
  readonly runNumber: string;
  readonly rows: Map<number, readonly OutboxRow[]>;
}

/**
 * The first batches of the run that this process has recorded last, so that its worker need not read them back. A batch is given
 * once. Later batches, and those of other runs, are read from the ledger.
 */
export class RecordedRows {
  #kept: RecordedBatches | null = null;

  /** The run has been committed, and is to be delivered. */
  keep(batches: RecordedBatches): void {
    this.#kept = batches;
  }

  /** @returns null if they are not kept. */
  take(runNumber: string, batch: number): readonly OutboxRow[] | null {
    if (this.#kept?.runNumber !== runNumber) return null;
    const rows = this.#kept.rows.get(batch) ?? null;
    this.#kept.rows.delete(batch);
    return rows;
  }

  clear(): void {
    this.#kept = null;
  }
}

/** Collects the rows of a recording for `RecordedRows`, up to a limit. */
export class RecordedRowsCollector {
  readonly #version: number;
  readonly #batches = new Map<number, readonly OutboxRow[]>();
  #waiting: OutboxRow[] = [];
  #characters = 0;

  constructor(version: number) {
    this.#version = version;
  }

  /** @param full the batches that these rows have filled, one after the other. */
  add(rows: readonly PlannedRow[], full: readonly BatchRange[]): void {
    if (this.#characters > maxCharacters) return;
    for (const { iterationId, strategyId, newText } of rows) {
      this.#waiting.push({ iterationId, strategyId, version: this.#version, valuesText: newText });
      this.#characters += newText.length;
    }
    for (const batch of full) this.#close(batch);
    // The batch that is not full would never be complete.
    if (this.#characters > maxCharacters) this.#waiting = [];
  }

  /** @param rest the last batch, if it is not full. */
  end(runNumber: string, rest: readonly BatchRange[]): RecordedBatches {
    if (this.#characters <= maxCharacters) for (const batch of rest) this.#close(batch);
    return { runNumber, rows: this.#batches };
  }

  #close({ number, rowCount }: BatchRange): void {
    this.#batches.set(number, this.#waiting.slice(0, rowCount));
    this.#waiting = this.#waiting.slice(rowCount);
  }
}
