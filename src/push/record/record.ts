import { CommitOutcomeUnknown } from '../../errors.ts';
import { IdempotencyKeyReused, PushInProgress, PushOutcomeUnknown } from '../errors.ts';
import type { KnownRun, NewRun, PushLedger, Recording, RunOutcome } from '../ledger.ts';

export interface RecordedPush {
  readonly runId: string;
  /** Whether it is new, and a worker delivers it, or reports its end if it has nothing to send or was refused. */
  readonly isForWorker: boolean;
}

/** What must be equal in all requests under an idempotency key. */
type KeyedRequest = Pick<NewRun, 'idempotencyKey' | 'inputHash' | 'requestedBy' | 'isVerified'>;

/**
 * The run that was recorded under the key of a request; null if there is none, or no key.
 *
 * @throws {IdempotencyKeyReused} if it was recorded for different input, or for another caller.
 */
export async function findKnown(ledger: PushLedger, request: KeyedRequest): Promise<RecordedPush | null> {
  const known = request.idempotencyKey === null ? null : await ledger.known(request.idempotencyKey);
  return known && sameRequest(known, request);
}

/** Names that are not verified make no difference: without authentication, all requests are of one caller. */
function sameRequest(
  known: KnownRun,
  { idempotencyKey, inputHash, requestedBy, isVerified }: KeyedRequest,
): RecordedPush {
  const { runId } = known;
  const key = idempotencyKey ?? '';
  if (known.inputHash !== inputHash) throw new IdempotencyKeyReused(key, runId, 'with different input');
  if (isVerified && known.requestedBy !== requestedBy) throw new IdempotencyKeyReused(key, runId, 'by another caller');
  return { runId, isForWorker: false };
}

/**
 * Begins a run, lets `fill` write its rows, and commits it. On any error nothing is recorded.
 *
 * @param fill returns null to drop the run.
 * @returns the run, or an earlier one with the same key and input; null if it was dropped.
 * @throws {IdempotencyKeyReused} if the key was used for different input, or by another caller.
 * @throws {PushInProgress} if another run is in progress.
 * @throws {PushOutcomeUnknown} if the ledger did not answer the commit.
 */
export async function record(
  ledger: PushLedger,
  run: NewRun,
  fill: (recording: Recording) => Promise<RunOutcome>,
): Promise<RecordedPush>;
export async function record(
  ledger: PushLedger,
  run: NewRun,
  fill: (recording: Recording) => Promise<RunOutcome | null>,
): Promise<RecordedPush | null>;
export async function record(
  ledger: PushLedger,
  run: NewRun,
  fill: (recording: Recording) => Promise<RunOutcome | null>,
): Promise<RecordedPush | null> {
  const begun = await ledger.begin(run);
  if (begun.kind === 'busy') throw new PushInProgress(begun.runId);
  if (begun.kind === 'known') return sameRequest(begun, run);
  const { recording } = begun;
  try {
    const outcome = await fill(recording);
    if (outcome) await recording.commit(outcome).catch((error) => rethrowCommit(run.id, error));
    else await recording.rollback();
    return outcome && { runId: run.id, isForWorker: !run.dryRun };
  } catch (error) {
    // The first error matters. A lost connection has rolled back already.
    await recording.rollback().catch(() => {});
    throw error;
  }
}

function rethrowCommit(runId: string, error: unknown): never {
  throw error instanceof CommitOutcomeUnknown ? new PushOutcomeUnknown(runId, { cause: error }) : error;
}
