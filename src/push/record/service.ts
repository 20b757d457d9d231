import type { BuildRow } from '../../db/warehouse/queries/builds.ts';
import { NothingToRetry, PushInProgress, PushNotFound } from '../errors.ts';
import type { GuardLimits } from '../guards/build.ts';
import type { PushLedger } from '../ledger.ts';
import { planAhead, planPush } from '../plan/plan-push.ts';
import type { PushSource } from '../plan/source.ts';
import { withStableBuild } from '../plan/stable-build.ts';
import type { Clock } from '../ports.ts';
import { type Caller, inputHash, type PushInput, type RetryInput, retryHash } from './input.ts';
import { newRun, retryOf } from './new-run.ts';
import { inSight, recorded } from './out-of-sight.ts';
import { knownRun, type Recorded, record } from './record.ts';
import type { PushRuns, RecordedRun } from './runs.ts';
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
   * Plans, records and has it delivered. A guard's refusal is no error: it is a run in the state REFUSED. A key that stands
   * for a run needs the warehouse no more.
   *
   * @throws {PlanChanged} where the plan is not that of `planHash`.
   * @throws {IdempotencyKeyReused}
   * @throws {PushInProgress}
   * @throws {BuildUnderWay}
   * @throws {BuildNumberFell}
   * @throws {PushOutcomeUnknown} and {PushOutOfSight}, which name a run that the ledger may have, or has.
   */
  push(input: PushInput): Promise<string>;
  /**
   * Sends once more what AdSuite has not accepted of a run that has ended, as it was recorded. The same key is the same run.
   *
   * @throws {IdempotencyKeyReused}
   * @throws {PushNotFound}
   * @throws {NothingToRetry}
   * @throws {PushInProgress} where that run, or another, is under way.
   */
  retry(runId: string, input: RetryInput): Promise<string>;
  /**
   * Ends a run before its next batch, and keeps who asked; one that has ended stays as it is.
   *
   * @throws {PushNotFound}
   */
  cancel(runId: string, caller: Caller): Promise<string>;
}

export function createPushService(options: PushServiceOptions): PushService {
  const { source, ledger, runs, clock, nudge, ending } = options;

  const ended = async (runId: string, what: string, waitSeconds: number): Promise<string> => {
    const stateOf = async () => (await runs.find(runId))?.state ?? null;
    await inSight(runId, what, () => waitForEnd(stateOf, waitSeconds, clock, ending));
    return runId;
  };
  const delivered = ({ runId, isToDeliver }: Recorded, waitSeconds: number): Promise<string> => {
    if (isToDeliver) nudge();
    return ended(runId, recorded, waitSeconds);
  };

  return {
    push: async (input) => {
      const run =
        (await knownRun(ledger, input.idempotencyKey, inputHash(input))) ??
        (await withStableBuild(source, (build, isStable) => recordPush(options, build, input, isStable)));
      return delivered(run, input.waitSeconds);
    },

    retry: async (runId, input) => {
      const known = await knownRun(ledger, input.idempotencyKey, retryHash(runId));
      return delivered(known ?? (await recordRetry(options, runId, input)), input.waitSeconds);
    },

    cancel: async (runId, { requestedBy, waitSeconds }) => {
      const isToEnd = await ledger.cancel(runId, requestedBy);
      if (!isToEnd && (await runs.find(runId)) === null) throw new PushNotFound(runId);
      // Nobody may be delivering it, and then somebody has to take it up to end it.
      if (isToEnd) nudge();
      return ended(runId, isToEnd ? 'was asked to stop' : 'has ended', waitSeconds);
    },
  };
}

/** Plans and records; null where the build did not hold still. */
async function recordPush(
  options: PushServiceOptions,
  build: BuildRow,
  input: PushInput,
  isStable: () => Promise<boolean>,
): Promise<Recorded | null> {
  const { ledger } = options;
  // What is sent is planned behind the push lock, so that no receipt changes meanwhile. A dry run need not keep a transaction
  // for so long, which in the embedded ledger keeps out whoever delivers.
  const ahead = input.dryRun ? await planAhead(options, build, input, isStable) : 'too many';
  if (ahead === null) return null;
  return record(ledger, newRun(build, input), async (recording) => {
    if (ahead === 'too many') return planPush(options, recording, build, input, isStable);
    await recording.add(ahead.rows);
    return ahead.end;
  });
}

async function recordRetry({ ledger, runs }: PushServiceOptions, runId: string, input: RetryInput): Promise<Recorded> {
  const run = await retriable(runs, runId);
  const retry = await record(ledger, retryOf(run, input), async (recording) => {
    const changed = await recording.addUnaccepted(runId);
    if (changed === null) throw new NothingToRetry(runId, rowsDeleted);
    if (changed === 0) throw new NothingToRetry(runId, 'AdSuite has every row of it, or a newer one.');
    const { planHash, totals } = run;
    return { state: 'RUNNING', planHash, totals: { ...totals, changed }, findings: [] };
  });
  // It is dropped only by whoever gives no end.
  return retry as Recorded;
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
  if (run.rowsDeletedAt !== null) throw new NothingToRetry(runId, rowsDeleted);
  return run;
}

const rowsDeleted = 'its rows are deleted, as they are kept only for so long (PUSH_KEEP_DAYS). Push anew.';
