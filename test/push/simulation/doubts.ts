import type { Sent } from '../../../src/push/ports.ts';
import type { Batch } from '../../../src/push/types.ts';

/** The progress of an attempt of a process. */
type Stage = 'recorded' | 'sent' | Sent;

/** Tracks which rows AdSuite may have applied: those of every recorded attempt, until the ledger records that it was not applied. */
export class Doubts {
  readonly #rows = new Map<string, number>();
  readonly #attempts = new Map<string, Stage>();

  /** The ledger has recorded an attempt. */
  recorded(process: string, batch: Batch): void {
    this.#attempts.set(attemptOf(process, batch), 'recorded');
    this.#add(batch, 1);
  }

  sent(process: string, batch: Batch): void {
    this.#attempts.set(attemptOf(process, batch), 'sent');
  }

  heard(process: string, batch: Batch, sent: Sent): void {
    this.#attempts.set(attemptOf(process, batch), sent);
  }

  /** The ledger has recorded the outcome. A 429, a failed connection and a request that was not sent were not applied. */
  postponed(process: string, batch: Batch): void {
    const attempt = attemptOf(process, batch);
    const stage = this.#attempts.get(attempt);
    this.#attempts.delete(attempt);
    if (stage === undefined || stage === 'sent') return;
    const isCertain =
      stage === 'recorded' || (stage.kind === 'failed' && ['429', 'ECONNREFUSED'].includes(stage.reason));
    if (isCertain || stage.kind === 'fatal') this.#add(batch, -1);
  }

  /** Whether a row may end UNKNOWN. */
  hasAny(runId: string, iterationId: string): boolean {
    return (this.#rows.get(`${runId}/${iterationId}`) ?? 0) > 0;
  }

  #add(batch: Batch, change: number): void {
    for (const { iterationId } of batch.rows) {
      const row = `${batch.runId}/${iterationId}`;
      this.#rows.set(row, (this.#rows.get(row) ?? 0) + change);
    }
  }
}

const attemptOf = (process: string, { runId, number }: Batch): string => `${process} ${runId}/${number}`;
