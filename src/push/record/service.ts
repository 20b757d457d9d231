import { compareIds } from '../../domain/ids.ts';
import { NothingToRetry, PlanChanged, PushInProgress, PushNotFound } from '../errors.ts';
import { shrinkLimits } from '../guards/iterations.ts';
import type { PushLedger, RunOutcome, RunRecord } from '../ledger.ts';
import { LargestChanges, ValuesChange } from '../plan/largest-changes.ts';
import { type GuardedPlan, type PlanningOptions, planPush } from '../plan/plan-push.ts';
import { type SourceBuild, withStableBuild } from '../plan/source.ts';
import type { Clock } from '../ports.ts';
import type { PlannedRow } from '../types.ts';
import { inputHash, newRun, type PushInput, type Requester, type RetryInput, retryHash, retryRun } from './input.ts';
import { findKnown, type RecordedPush, record } from './record.ts';
import { readRecorded, waitForEnd } from './wait.ts';

export interface PushServiceOptions extends PlanningOptions {
  readonly ledger: PushLedger;
  readonly clock: Clock;
  /** Wakes this process's worker, which would otherwise find the run at its next poll. */
  readonly nudge: () => void;
  /** Aborted when the service stops or the request ends: waiting callers get their answer. */
  readonly stopping?: AbortSignal;
  readonly beginWait?: BeginWait;
  /** Runs a plan when it is its turn; by default at once. */
  readonly inTurn?: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** See `PushRequest`. */
export type BeginWait = (seconds: number) => Awaitable<(() => void) | null>;

type Awaitable<Value> = Value | Promise<Value>;

/** Each method returns the run as last read: after it has ended, or after `waitSeconds`. */
export interface PushService {
  /**
   * Plans a push, records it and has it delivered. A refusal by a guard is not an error, but a run in the state REFUSED. A
   * known idempotency key needs no warehouse.
   *
   * @throws {PlanChanged} if the plan's hash differs from `planHash`.
   * @throws {IdempotencyKeyReused}
   * @throws {PushInProgress}
   * @throws {BuildUnderWay}
   * @throws {BuildNumberFell}
   * @throws {PushOutcomeUnknown} and {RunStateUnknown}, which name a run that may be, or is, recorded.
   */
  push(input: PushInput): Promise<RunRecord>;
  /**
   * Retries the rows of a finished run that AdSuite has not accepted, as they were recorded.
   *
   * @throws {IdempotencyKeyReused}
   * @throws {PushNotFound}
   * @throws {NothingToRetry}
   * @throws {PushInProgress} if that run, or another, is in progress.
   */
  retry(runId: string, input: RetryInput): Promise<RunRecord>;
  /**
   * Stops a run before its next batch and keeps who asked for it. A finished run is not changed.
   *
   * @throws {PushNotFound}
   */
  cancel(runId: string, requester: Requester): Promise<RunRecord>;
  /**
   * Ends the wait of a run for Retry-After, the circuit breaker, the retry budget or backoff: the next request is sent at once.
   * A run that has ended is not changed.
   *
   * @throws {PushNotFound}
   */
  resumeRun(runId: string, requester: Requester): Promise<RunRecord>;
}

export function createPushService(options: PushServiceOptions): PushService {
  const { source, ledger, clock, nudge, stopping, beginWait = () => () => {}, inTurn = (work) => work() } = options;

  const awaitRun = async (runId: string, what: string, waitSeconds: number): Promise<RunRecord> => {
    const endWait = waitSeconds > 0 ? await beginWait(waitSeconds) : null;
    const wait = () => waitForEnd(() => ledger.find(runId), endWait ? waitSeconds : 0, clock, stopping);
    try {
      return found(runId, await readRecorded(runId, what, wait));
    } finally {
      endWait?.();
    }
  };
  const wakeAndWait = ({ runId, isForWorker }: RecordedPush, waitSeconds: number): Promise<RunRecord> => {
    if (isForWorker) nudge();
    return awaitRun(runId, 'is recorded', waitSeconds);
  };

  return {
    push: async (input) => {
      const recordRun = input.dryRun ? recordDryRun : recordPush;
      const run =
        (await findKnown(ledger, { ...input, inputHash: inputHash(input) })) ??
        (await inTurn(() => withStableBuild(source, (build) => recordRun(options, build, input))));
      return wakeAndWait(run, input.waitSeconds);
    },

    retry: async (runId, input) => {
      const known = await findKnown(ledger, { ...input, inputHash: retryHash(runId) });
      return wakeAndWait(known ?? (await recordRetry(ledger, runId, input)), input.waitSeconds);
    },

    cancel: async (runId, { requestedBy, waitSeconds }) => {
      const isRunning = await ledger.cancel(runId, requestedBy);
      if (!isRunning) return found(runId, await ledger.find(runId));
      // The run may have no worker; then one has to take it to end it.
      nudge();
      return awaitRun(runId, 'was asked to stop', waitSeconds);
    },

    resumeRun: async (runId, { requestedBy, waitSeconds }) => {
      const isRunning = await ledger.resume(runId, requestedBy);
      if (!isRunning) return found(runId, await ledger.find(runId));
      nudge();
      return awaitRun(runId, 'was asked to resume', waitSeconds);
    },
  };
}

function found(runId: string, run: RunRecord | null): RunRecord {
  if (run === null) throw new PushNotFound(runId);
  return run;
}

/** Plans during the recording, which holds the push lock, so that no receipt changes meanwhile. Null if the build changed. */
function recordPush(options: PushServiceOptions, build: SourceBuild, input: PushInput): Promise<RecordedPush | null> {
  return record(options.ledger, newRun(build, input), async (recording) => {
    const planning = await planPush(options, recording, build, input.selection);
    const largest = new LargestChanges<PlannedRow>(mayBeRefused(input) ? mostKeptRows : 0);
    for await (const rows of planning.rows) {
      for (const row of rows) largest.add(row, new ValuesChange(row.iterationId, row.old, row.new));
      await recording.add(rows);
    }
    const plan = await planning.finish();
    return plan && outcomeOf(plan, input, options, largest);
  });
}

/** The most rows that a refused run keeps: those with the largest changes. About 1 MB in the ledger. */
export const mostKeptRows = 1_000;

const mayBeRefused = ({ override, dryRun }: PushInput): boolean => override === null && !dryRun;

/** The most rows that a dry run keeps in memory: about 20 MB. */
const mostRowsInMemory = 10_000;

/**
 * Plans before the recording, with the rows in memory. A transaction that stays open while the warehouse is read would block
 * the worker in an embedded ledger. A plan with too many rows is recorded as a push is. Null if the build changed.
 */
async function recordDryRun(
  options: PushServiceOptions,
  build: SourceBuild,
  input: PushInput,
): Promise<RecordedPush | null> {
  const planning = await planPush(options, options.ledger, build, input.selection);
  const kept: PlannedRow[] = [];
  for await (const rows of planning.rows) {
    kept.push(...rows);
    if (kept.length > mostRowsInMemory) break;
  }
  if (kept.length > mostRowsInMemory) return recordPush(options, build, input);
  const plan = await planning.finish();
  if (plan === null) return null;
  const outcome = outcomeOf(plan, input, options, null);
  return record(options.ledger, newRun(build, input), async (recording) => {
    await recording.add(kept);
    return outcome;
  });
}

/** @throws {PlanChanged} */
function outcomeOf(
  { planHash, totals, findings }: GuardedPlan,
  input: PushInput,
  { limits }: PlanningOptions,
  largest: LargestChanges<PlannedRow> | null,
): RunOutcome {
  if (input.planHash !== null && input.planHash !== planHash) throw new PlanChanged(input.planHash, planHash);
  const isRefused = findings.length > 0 && mayBeRefused(input);
  const isDone = input.dryRun || totals.changed === 0;
  const state = isRefused ? 'REFUSED' : isDone ? 'SUCCEEDED' : 'RUNNING';
  const isShrinkAccepted = input.override !== null && findings.some(({ guard }) => guard === 'ITERATION_SHRANK');
  const acceptedShrink = isShrinkAccepted ? shrinkLimits(limits) : null;
  const keptRows = isRefused && largest !== null ? inOrderOfIds(largest) : [];
  return { state, planHash, totals, findings, acceptedShrink, keptRows };
}

const inOrderOfIds = (largest: LargestChanges<PlannedRow>): PlannedRow[] =>
  largest
    .entries()
    .map(({ row }) => row)
    .sort((one, other) => compareIds(one.iterationId, other.iterationId));

async function recordRetry(ledger: PushLedger, runId: string, input: RetryInput): Promise<RecordedPush> {
  const run = await findRetriable(ledger, runId);
  return record(ledger, retryRun(run, input), async (recording) => {
    const changed = await recording.addUnaccepted(runId);
    if (changed === null) throw new NothingToRetry(runId, rowsDeleted);
    if (changed === 0)
      throw new NothingToRetry(
        runId,
        'AdSuite already has every row of it or does not know the iteration, or a push of a newer build has replaced it. ' +
          'Push again to send what AdSuite does not have.',
      );
    const { planHash, totals, acceptedShrink } = run;
    return { state: 'RUNNING', planHash, totals: { ...totals, changed }, findings: [], acceptedShrink, keptRows: [] };
  });
}

async function findRetriable(ledger: PushLedger, runId: string): Promise<RunRecord> {
  const run = found(runId, await ledger.find(runId));
  if (run.state === 'RUNNING') throw new PushInProgress(runId);
  if (run.isDryRun) throw new NothingToRetry(runId, 'it was a dry run. Push without dryRun.');
  if (run.state === 'REFUSED') {
    throw new NothingToRetry(runId, 'it was refused, and nothing was sent. Push again, with an override if needed.');
  }
  if (run.rowsDeletedAt !== null) throw new NothingToRetry(runId, rowsDeleted);
  return run;
}

const rowsDeleted = 'its rows were deleted (PUSH_KEEP_DAYS). Push again.';
