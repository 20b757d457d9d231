import { randomUUID } from 'node:crypto';
import type { BuildRow } from '../db/warehouse/queries/builds.ts';
import { NothingToRetry, PlanChanged, PushInProgress, PushNotFound } from './errors.ts';
import type { GuardLimits } from './guard.ts';
import { countsOf, guardedPlan, pushBuild } from './guarded-plan.ts';
import { type Caller, hashOf, inputHash, type PushInput } from './input.ts';
import type { NewRun, PushLedger, Recording } from './ledger.ts';
import { canonicalSelection, changedRows } from './plan.ts';
import type { Clock } from './ports.ts';
import { type Recorded, type RecordingEnd, record } from './record.ts';
import type { PushRuns, RecordedRun } from './runs.ts';
import type { PushSource } from './source.ts';
import { withSteadyBuild } from './steady.ts';
import { waitForEnd } from './wait.ts';

export interface PushServiceOptions {
  readonly source: PushSource;
  readonly ledger: PushLedger;
  readonly runs: PushRuns;
  readonly limits: GuardLimits;
  readonly clock: Clock;
  /** Tells this process's worker that there is something to do; without it, it would find out by itself a little later. */
  readonly nudge: () => void;
  /** Aborted when the service ends: nobody waits any longer then. */
  readonly ending?: AbortSignal;
}

/** Pushes as a caller sees them. Each answers a run's id, in whatever state the run is when the waiting is over. */
export interface PushService {
  /**
   * Plans, records and has it delivered. A guard's refusal is no error: it is a run in the state REFUSED.
   *
   * @throws {PlanChanged} where the plan is not that of `planHash`.
   * @throws {IdempotencyKeyReused}
   * @throws {PushInProgress}
   * @throws {BuildUnderWay}
   * @throws {BuildNumberFell}
   */
  push(input: PushInput): Promise<string>;
  /**
   * Sends once more what AdSuite has not accepted of a run that has ended, as it was recorded.
   *
   * @throws {PushNotFound}
   * @throws {NothingToRetry}
   * @throws {PushInProgress} where that run, or another, is under way.
   */
  retry(runId: string, caller: Caller): Promise<string>;
  /**
   * Ends a run before its next batch; one that has ended stays as it is.
   *
   * @throws {PushNotFound}
   */
  cancel(runId: string, waitSeconds: number): Promise<string>;
}

export function createPushService(options: PushServiceOptions): PushService {
  const { source, ledger, runs, clock, nudge, ending } = options;

  const delivered = async ({ runId, isToDeliver }: Recorded, waitSeconds: number): Promise<string> => {
    if (isToDeliver) nudge();
    await waitForEnd(async () => (await runs.find(runId))?.state ?? null, waitSeconds, clock, ending);
    return runId;
  };

  return {
    push: async (input) => {
      const recorded = await withSteadyBuild(source, (build, isSteady) =>
        record(ledger, newRun(build, input), (recording) => planned(options, recording, build, input, isSteady)),
      );
      return delivered(recorded, input.waitSeconds);
    },

    retry: async (runId, caller) => {
      const run = await retriable(runs, runId);
      const recorded = await record(ledger, retryOf(run, caller), async (recording) => {
        const changed = await recording.addUnaccepted(runId);
        if (changed === 0) throw new NothingToRetry(runId, 'AdSuite has every row of it, or a newer one.');
        const { planHash, totals } = run;
        return { state: 'RUNNING', planHash, totals: { ...totals, changed }, findings: [] };
      });
      return delivered(recorded as Recorded, caller.waitSeconds);
    },

    cancel: async (runId, waitSeconds) => {
      const isToEnd = await ledger.cancel(runId);
      if (!isToEnd && (await runs.find(runId)) === null) throw new PushNotFound(runId);
      // Nobody may be delivering it, and then somebody has to take it up to end it.
      return delivered({ runId, isToDeliver: isToEnd }, waitSeconds);
    },
  };
}

/** Plans into a recording; null where the build did not hold still. */
async function planned(
  { source, limits, clock }: PushServiceOptions,
  recording: Recording,
  build: BuildRow,
  input: PushInput,
  isSteady: () => Promise<boolean>,
): Promise<RecordingEnd | null> {
  const { planHash, totals, findings } = await guardedPlan({
    source,
    ledger: recording,
    build,
    selection: canonicalSelection(input.selection),
    limits,
    now: clock.date(),
    onPage: async (entries) => {
      const rows = changedRows(entries);
      if (rows.length > 0) await recording.add(rows);
    },
  });
  if (!(await isSteady())) return null;
  if (input.planHash !== null && input.planHash !== planHash) throw new PlanChanged(input.planHash, planHash);
  const isRefused = findings.length > 0 && input.override === null;
  const isOver = input.dryRun || totals.changed === 0;
  const state = isRefused && !input.dryRun ? 'REFUSED' : isOver ? 'SUCCEEDED' : 'RUNNING';
  return { state, planHash, totals, findings };
}

function newRun(build: BuildRow, input: PushInput): NewRun {
  const { requestedBy, override, dryRun, idempotencyKey } = input;
  return {
    id: randomUUID(),
    idempotencyKey,
    inputHash: inputHash(input),
    selection: canonicalSelection(input.selection),
    build: { ...pushBuild(build), ...countsOf(build) },
    dryRun,
    requestedBy,
    override: override && { reason: override.reason, by: requestedBy },
    retryOf: null,
  };
}

function retryOf({ id, selection, build }: RecordedRun, { requestedBy }: Caller): NewRun {
  return {
    id: randomUUID(),
    idempotencyKey: null,
    inputHash: hashOf(['retry', id]),
    selection,
    build,
    dryRun: false,
    requestedBy,
    override: null,
    retryOf: id,
  };
}

/** @throws where a run can't be sent once more. */
async function retriable(runs: PushRuns, runId: string): Promise<RecordedRun> {
  const run = await runs.find(runId);
  if (run === null) throw new PushNotFound(runId);
  if (run.state === 'RUNNING') throw new PushInProgress(runId);
  if (run.dryRun) throw new NothingToRetry(runId, 'it was a dry run. Push without dryRun.');
  if (run.state === 'REFUSED') {
    throw new NothingToRetry(runId, 'it was refused, and nothing was sent. Push anew, with an override if need be.');
  }
  return run;
}
