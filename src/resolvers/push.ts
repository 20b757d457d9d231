import { Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { anonymous, type Caller } from '../auth/caller.ts';
import { defaultPageSize, defaultWaitSeconds } from '../config/limits.ts';
import { changeCursor, changePageInfo } from '../connections/change-pages.ts';
import { pagedConnection } from '../connections/paged-connection.ts';
import { shown, toLastPush, toRow, toRun } from '../connections/pushes.ts';
import type { Context } from '../context.ts';
import { Volatile } from '../http/volatile.ts';
import { canonicalSelection } from '../push/plan/selection.ts';
import type { PushInput, Requester } from '../push/record/input.ts';
import type { PushSelection } from '../push/types.ts';
import { Iteration } from '../schema/iteration.ts';
import { type Connection } from '../schema/page.ts';
import { PushDrift, PushDriftArgs } from '../schema/push-drift.ts';
import { PlanPushArgs, PushMetricsArgs, type PushMetricsInput, RetryPushArgs, RunArgs } from '../schema/push-input.ts';
import { PushPlan } from '../schema/push-plan.ts';
import {
  PushRowConnection,
  PushRowsArgs,
  PushRun,
  PushRunByIdArgs,
  PushRunConnection,
  PushRunsArgs,
} from '../schema/push-run.ts';
import { LastPush, type PushRow } from '../schema/push-values.ts';

@Resolver(() => PushRun)
export class PushResolver {
  @RequiresRole('viewer')
  @Volatile()
  @Query(() => PushPlan, {
    description: 'Previews a push: what it would send, and the findings of the guards. Sends and records nothing.',
  })
  async planMetricsPush(@Args() { input, first, after }: PlanPushArgs, @Ctx() { push }: Context): Promise<PushPlan> {
    const selection = selectionOf(input);
    const list = ['planMetricsPush', canonicalSelection(selection)];
    const cursor = changeCursor(list, after);
    const plan = await push.preview(selection, {
      first: first ?? defaultPageSize,
      after: cursor && { planHash: cursor.hash, position: cursor.position },
    });
    const { build, planHash, totals, findings, refusal, comparedWith, rows } = plan;
    return {
      build: build.id,
      version: build.version,
      asOf: build.asOf,
      planHash,
      totals,
      findings: [...findings],
      refusal,
      comparedWith,
      rows: rows.map((row) => ({
        ...row,
        old: row.old && shown(row.old),
        new: shown(row.new),
        builtBy: build.version,
      })),
      pageInfo: changePageInfo(list, planHash, plan, cursor),
    };
  }

  @RequiresRole('viewer')
  @Volatile()
  @Query(() => PushRun, { nullable: true, description: 'Looks up a push run by id. Null if there is none.' })
  async pushRun(@Args() { id }: PushRunByIdArgs, @Ctx() { pushes }: Context): Promise<PushRun | null> {
    const run = await pushes.run.load(id);
    return run && toRun(run);
  }

  @RequiresRole('viewer')
  @Volatile()
  @Query(() => PushRunConnection, { description: 'Lists push runs, newest first.' })
  pushRuns(@Args() { filter, ...page }: PushRunsArgs, @Ctx() { ledger }: Context): Connection<PushRun> {
    return pagedConnection({
      scope: ['pushRuns', filter ?? {}],
      columns: 1,
      page,
      fetch: (request) => ledger.runPage(filter ?? {}, request),
      count: () => ledger.countRuns(filter ?? {}),
      position: (run) => [run.number],
      node: (run) => toRun(run),
    });
  }

  @RequiresRole('viewer')
  @Volatile()
  @Query(() => PushDrift, {
    description:
      'Reads the values back from AdSuite and lists those that differ from what it accepted or from the newest build.',
  })
  async pushDrift(@Args() { first, after, ...input }: PushDriftArgs, @Ctx() { push }: Context): Promise<PushDrift> {
    const selection = selectionOf(input);
    const list = ['pushDrift', canonicalSelection(selection)];
    const cursor = changeCursor(list, after);
    const page = { first: first ?? defaultPageSize, after: cursor?.position ?? null };
    const report = await push.drift(selection, page);
    const { build, compared, counts, driftHash, rows } = report;
    return {
      build: build.id,
      compared,
      counts: Object.entries(counts).map(([kind, iterations]) => ({ kind: kind as keyof typeof counts, iterations })),
      driftHash,
      rows: rows.map(({ iterationId, kinds, held, receipt, built }) => ({
        iterationId,
        kinds,
        heldVersion: held?.version ?? null,
        held: held && shown(held.values),
        accepted: receipt && shown(receipt.values),
        built: built && shown(built.values),
        builtBy: build.version,
      })),
      pageInfo: changePageInfo(list, driftHash, report, cursor),
    };
  }

  @RequiresRole('operator')
  @Mutation(() => PushRun, {
    description:
      'Sends the metrics of the newest build to AdSuite, for iterations whose values differ from those that it accepted last. ' +
      'Plans, checks the guards, records the run, then delivers it. Returns the run when it ends, or after `waitSeconds`.',
  })
  async pushMetrics(@Args() { input }: PushMetricsArgs, @Ctx() { caller, push }: Context): Promise<PushRun> {
    return toRun(await push.push(toPushInput(input, caller)));
  }

  @RequiresRole('operator')
  @Mutation(() => PushRun, {
    description:
      'Sends the rows of a finished run that AdSuite still has not accepted, as a new run with the same values and version; not those ' +
      'that a push of a newer build has planned. Returns the new run when it ends, or after `waitSeconds`.',
  })
  async retryPush(@Args() args: RetryPushArgs, @Ctx() { caller, push }: Context): Promise<PushRun> {
    const input = { ...requesterOf(args, caller), idempotencyKey: args.idempotencyKey ?? null };
    return toRun(await push.retry(args.runId, input));
  }

  @RequiresRole('operator')
  @Mutation(() => PushRun, {
    description:
      'Cancels a run before its next batch. Rows already sent stay sent. Has no effect on a finished run. Returns the run ' +
      'when it ends, or after `waitSeconds`.',
  })
  async cancelPush(@Args() args: RunArgs, @Ctx() { caller, push }: Context): Promise<PushRun> {
    return toRun(await push.cancel(args.runId, requesterOf(args, caller)));
  }

  @RequiresRole('operator')
  @Mutation(() => PushRun, {
    description:
      'Ends the wait of a run (`progress.waitingFor`), for example for a long Retry-After or an open circuit breaker: its next ' +
      'request is sent at once by whichever service delivers the run; after Retry-After or an open circuit breaker, as a probe. Has ' +
      'no effect on a run that has ended. Returns the run when it ends, or after `waitSeconds`.',
  })
  async resumePush(@Args() args: RunArgs, @Ctx() { caller, push }: Context): Promise<PushRun> {
    return toRun(await push.resumeRun(args.runId, requesterOf(args, caller)));
  }

  @FieldResolver(() => PushRowConnection, {
    description:
      'Lists the rows of the run, sorted by iteration id; empty once they are deleted (see `rowsDeletedAt`). Of a REFUSED run: ' +
      'the rows that it would have sent, at most 1,000, those with the largest changes.',
  })
  rows(
    @Root() { id, version, rowCounts, rowsDeletedAt }: PushRun,
    @Args() { states, ...page }: PushRowsArgs,
    @Ctx() { pushes }: Context,
  ): Connection<PushRow> {
    const requested = states ?? null;
    return pagedConnection({
      scope: ['pushRun.rows', id, requested],
      columns: 1,
      page,
      fetch: (request) => pushes.rowsOf(id, { states: requested, page: request }),
      count: async () => (rowsDeletedAt === null ? countOf(rowCounts, requested) : 0),
      position: (row) => [row.iterationId],
      node: (row) => toRow(row, version),
    });
  }
}

@Resolver(() => Iteration)
export class IterationPushResolver {
  @Volatile()
  @FieldResolver(() => LastPush, {
    nullable: true,
    description: 'What was last pushed to AdSuite for the iteration, and the result; null if nothing is on record.',
  })
  async lastPush(@Root() { id }: Iteration, @Ctx() { pushes }: Context): Promise<LastPush | null> {
    const last = await pushes.lastPush.load(id);
    return last && toLastPush(last);
  }
}

const selectionOf = ({
  iterationIds,
  strategyIds,
  resend,
}: Pick<PushMetricsInput, 'iterationIds' | 'strategyIds' | 'resend'>): PushSelection => ({
  iterationIds: iterationIds ?? null,
  strategyIds: strategyIds ?? null,
  resend: resend ?? false,
});

/** An authenticated caller is recorded by its own name, whatever it states. */
const requesterOf = (
  { requestedBy: stated, waitSeconds }: Pick<PushMetricsInput, 'requestedBy' | 'waitSeconds'>,
  { name }: Caller,
): Requester => ({
  requestedBy: name ?? stated ?? anonymous,
  isVerified: name !== null,
  note: name === null ? null : (stated ?? null),
  waitSeconds: waitSeconds ?? defaultWaitSeconds,
});

const toPushInput = (input: PushMetricsInput, caller: Caller): PushInput => ({
  selection: selectionOf(input),
  planHash: input.planHash ?? null,
  dryRun: input.dryRun ?? false,
  override: input.override ?? null,
  idempotencyKey: input.idempotencyKey ?? null,
  ...requesterOf(input, caller),
});

const countOf = (counts: PushRun['counts'], states: PushRowsArgs['states'] | null): number =>
  states === null || states === undefined
    ? counts.planned
    : [...new Set(states)].reduce((sum, state) => sum + counts[state.toLowerCase() as keyof typeof counts], 0);
