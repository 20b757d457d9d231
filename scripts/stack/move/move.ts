import type { Client } from 'pg';
import { StackError } from '../errors.ts';
import type { Ask } from '../graphql.ts';
import type { Logins } from '../logins.ts';
import { runPipeline } from '../pipeline.ts';
import { Checks } from './checks.ts';
import { claimMended } from './claim-mended.ts';
import { claimTrap } from './claim-trap.ts';
import { claimEditFound, claimEditUndone, editCreatedAt } from './edit.ts';
import { chooseLate, fillIn, type LateOffer } from './late-offer.ts';
import { makeConversions, makeIteration, type NewIteration } from './new-iteration.ts';
import { type Status, untilServed } from './status.ts';
import { chooseTarget, type Target } from './target.ts';
import { readTotals, type Totals } from './totals.ts';

export interface Stage {
  readonly logins: Logins;
  /** As AdSuite's application. */
  readonly adsuite: Client;
  /** As who loads clicks and events. */
  readonly warehouse: Client;
  readonly ask: Ask;
  readonly report: (line: string) => void;
}

/** What was changed, and how everything stood before. */
export interface Moved {
  readonly target: Target;
  readonly made: NewIteration;
  /** Null if there was none left to fill in. */
  readonly late: LateOffer | null;
  readonly before: Totals;
}

/** The whole demonstration; true if every claim held. */
export async function moveData(stage: Stage): Promise<boolean> {
  const { ask, report } = stage;
  const checks = new Checks(report);
  report('1. Bring the attribution up to date first, so that only what is changed here moves');
  const moved = await change(stage, await build(stage, true));

  report('3. The trap: attribute without refreshing the mirror first (the pipeline itself never does)');
  await claimTrap(ask, checks, moved, await build(stage, false));

  report('4. The pipeline in its order: refresh, check that it happened, attribute, test');
  await claimMended(ask, checks, moved, await build(stage, true));

  report('5. What nobody should do: edit created_at, which is sealed. Then put it back');
  await edit(stage, checks, moved);
  return checks.end();
}

async function edit(stage: Stage, checks: Checks, moved: Moved): Promise<void> {
  const { ask, adsuite } = stage;
  const now = await editCreatedAt(adsuite, moved.made, 1);
  try {
    await build(stage, true);
    await claimEditFound(ask, checks, moved, now);
  } finally {
    await editCreatedAt(adsuite, moved.made, -1);
  }
  await build(stage, true);
  await claimEditUndone(ask, checks, moved);
}

/** Runs the pipeline and waits until the service has noticed. */
async function build({ logins, ask, report }: Stage, refresh: boolean): Promise<Status> {
  const summary = (line: string) => {
    if (!line.startsWith('  ')) report(`   ${line}`);
  };
  const status = await untilServed(ask, await runPipeline(logins, { refresh, report: summary }));
  report(`   dataStatus: as of ${status.asOf}, mirror of ${status.mirrorRefreshedAt}`);
  return status;
}

async function change({ adsuite, warehouse, ask, report }: Stage, atRest: Status): Promise<Moved> {
  const target = await chooseTarget(ask, warehouse);
  const late = await chooseLate(ask, adsuite, warehouse);
  const before = await readTotals(ask);
  const { live } = target;
  report(`   Strategy ${target.id} "${target.name}", offer ${target.tuneOfferId}: iteration ${live.id} is live since`);
  report(`   ${live.createdAt}, with ${before.describe(live.id)}`);
  if (late === null) report('   No strategy is left without a tune_offer_id that conversions wait for');
  else {
    report(`   Strategy ${late.strategyId} "${late.strategyName}" has no tune_offer_id yet; ${late.waiting.length}`);
    report(`   conversions of the campaigns for offer ${late.offer} are STRATEGY_NOT_FOUND`);
  }

  report("2. Change AdSuite's database, and load clicks with a conversion each");
  const made = await makeConversions(warehouse, await makeIteration(adsuite, target.id), target.campaignId);
  if (atRest.mirrorRefreshedAt !== null && made.createdAt <= atRest.mirrorRefreshedAt) {
    throw new StackError('The clock went back, so nothing can be shown by it. Try again.');
  }
  report(`   Iteration ${made.id} of strategy ${target.id}, created_at ${made.createdAt}`);
  for (const { id, when, payout } of made.conversions) report(`   Click ${id} ${when}; payout ${payout}`);
  if (late !== null) {
    await fillIn(adsuite, late);
    report(`   tune_offer_id ${late.offer} for strategy ${late.strategyId}`);
  }
  return { target, made, late, before };
}
