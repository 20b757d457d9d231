import type { BuildRow } from '../../db/warehouse/queries/builds.ts';
import { BuildNumberFell } from '../errors.ts';
import { buildFindings, type GuardLimits } from '../guards/build.ts';
import { IterationGuards } from '../guards/iterations.ts';
import { PayoutGuard } from '../guards/payout.ts';
import { namedAsEdited, qualityFindings } from '../guards/quality.ts';
import type { PreviousPush, Receipt, ReceiptRange } from '../ledger.ts';
import type { GuardFinding, PushBuild, PushSelection } from '../types.ts';
import { makePlan, type Plan, type PlanEntry } from './plan.ts';
import { receiptPages } from './receipts.ts';
import type { PushSource } from './source.ts';

/** A plan with what the guards say to it. */
export interface GuardedPlan extends Plan {
  readonly findings: readonly GuardFinding[];
  /** What the build was compared with; null: nothing was sent before. */
  readonly previous: PreviousPush | null;
}

export interface GuardedPlanInput {
  readonly source: PushSource;
  /** The ledger, or a recording in it: both can be read. */
  readonly ledger: {
    receipts(range: ReceiptRange): Promise<Receipt[]>;
    previous(): Promise<PreviousPush | null>;
  };
  readonly build: BuildRow;
  readonly selection: PushSelection;
  readonly limits: GuardLimits;
  readonly now: Date;
  /** Told of every iteration in order; see PlanInput. */
  readonly onPage: (entries: readonly PlanEntry[]) => Promise<void> | void;
}

/**
 * Plans a build against the receipts, and lets the guards look at all of it.
 *
 * @throws {BuildNumberFell} where nothing of it would be newer than what AdSuite has; no override helps there.
 */
export async function guardedPlan(input: GuardedPlanInput): Promise<GuardedPlan> {
  const { source, ledger, build, selection, limits, now, onPage } = input;
  const previous = await ledger.previous();
  if (previous && !isOfLaterBuild(pushBuild(build), previous.build)) {
    throw new BuildNumberFell(pushBuild(build), previous.build);
  }
  const quality = await source.quality(build.build_id);
  const guards = [new PayoutGuard(limits), new IterationGuards(limits, namedAsEdited(quality))];
  const plan = await makePlan({
    buildId: build.build_id,
    selection,
    metrics: source.metrics(selection),
    receipts: receiptPages(ledger, selection),
    movedIterations: (ids) => movedIterations(source, selection, ids),
    onPage: async (entries) => {
      for (const guard of guards) guard.see(entries);
      await onPage(entries);
    },
  });
  const ofBuild = buildFindings(
    { ...countsOf(build), asOf: build.as_of, mirrorRefreshedAt: build.mirror_refreshed_at },
    previous,
    now,
    limits,
  );
  const found = [...ofBuild, ...qualityFindings(quality), ...guards.flatMap((guard) => guard.findings())];
  return { ...plan, findings: found, previous };
}

/** The same build counts: a push may send the rest of it. */
const isOfLaterBuild = (now: PushBuild, before: PushBuild): boolean =>
  now.version > before.version || (now.version === before.version && now.id === before.id);

/**
 * Iterations that are in the build under another strategy than their receipts say. A selection of strategies finds only
 * the receipt; that would look like an iteration which is gone, and AdSuite would be told zeros of one that lives.
 */
async function movedIterations(
  source: PushSource,
  { strategyIds }: PushSelection,
  iterationIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (strategyIds === null) return found;
  for await (const page of source.metrics({ iterationIds, strategyIds: null })) {
    for (const { iterationId } of page) found.add(iterationId);
  }
  return found;
}

/** A build as every row of a push names it. */
export const pushBuild = (build: BuildRow): PushBuild => ({
  id: build.build_id,
  version: Number(build.build_number),
  asOf: build.as_of,
});

/** Of all conversions of a build, and of those that have an iteration. */
export const countsOf = (build: BuildRow): { conversions: number; attributed: number } => ({
  conversions: Number(build.conversions),
  attributed: Number(build.attributed),
});
