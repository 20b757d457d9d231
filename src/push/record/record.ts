import { CommitOutcomeUnknown } from '../../errors.ts';
import { IdempotencyKeyReused, PushInProgress, PushOutcomeUnknown } from '../errors.ts';
import type { KnownRun, NewRun, PushLedger, Recording } from '../ledger.ts';

/** How a recording ends; see Recording.commit. */
export type RecordingEnd = Parameters<Recording['commit']>[0];

export interface Recorded {
  readonly runId: string;
  /** Whether there is something new to deliver. */
  readonly isToDeliver: boolean;
}

/**
 * The run that a key stands for already; null where it is null or stands for none.
 *
 * @throws {IdempotencyKeyReused} where the key stands for other input.
 */
export async function knownRun(ledger: PushLedger, key: string | null, inputHash: string): Promise<Recorded | null> {
  const known = key === null ? null : await ledger.known(key);
  return known && same(known, key ?? '', inputHash);
}

function same(known: KnownRun, key: string, inputHash: string): Recorded {
  if (known.inputHash !== inputHash) throw new IdempotencyKeyReused(key, known.runId);
  return { runId: known.runId, isToDeliver: false };
}

/**
 * Begins a run, lets `work` fill it, and commits it as `work` says. Whatever goes wrong in between, nothing of it stays.
 *
 * @param work gives null to drop the run.
 * @returns the run; an earlier one where its key stands for the same input already; null where it was dropped.
 * @throws {IdempotencyKeyReused} where the key stands for other input.
 * @throws {PushInProgress} where another run is under way.
 * @throws {PushOutcomeUnknown} where the ledger was told to keep the run, and did not answer.
 */
export async function record(
  ledger: PushLedger,
  run: NewRun,
  work: (recording: Recording) => Promise<RecordingEnd | null>,
): Promise<Recorded | null> {
  const begun = await ledger.begin(run);
  if (begun.kind === 'busy') throw new PushInProgress(begun.runId);
  if (begun.kind === 'known') return same(begun, run.idempotencyKey ?? '', run.inputHash);
  const { recording } = begun;
  try {
    const end = await work(recording);
    if (end) await recording.commit(end).catch((error) => unsure(run.id, error));
    else await recording.rollback();
    return end && { runId: run.id, isToDeliver: end.state === 'RUNNING' };
  } catch (error) {
    // The caller has to know what went wrong first; a connection that broke has rolled back by itself.
    await recording.rollback().catch(() => {});
    throw error;
  }
}

function unsure(runId: string, error: unknown): never {
  throw error instanceof CommitOutcomeUnknown ? new PushOutcomeUnknown(runId, { cause: error }) : error;
}
