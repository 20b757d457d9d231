import type { Client } from 'pg';
import { LocalError } from '../../../local/errors.ts';
import type { Ask } from '../graphql.ts';
import type { Logins } from '../logins.ts';
import { type DbtRunner, runPipeline } from '../pipeline.ts';
import { checkEditDetected, checkEditReverted, checkRefreshed, checkStaleMirror } from './assertions.ts';
import {
  type Changes,
  chooseLateOffer,
  chooseTarget,
  editCreatedAt,
  insertConversions,
  insertIteration,
  setTuneOffer,
} from './changes.ts';
import { Checks } from './checks.ts';
import { type DataStatus, readTotals, waitForBuild } from './queries.ts';

export interface DemoOptions {
  readonly logins: Logins;
  readonly runner: DbtRunner;
  /** Logged in as AdSuite's application. */
  readonly adsuite: Client;
  /** Logged in as a user that may insert clicks and events. */
  readonly warehouse: Client;
  readonly ask: Ask;
  readonly report: (line: string) => void;
}

/** Runs the demonstration of docs/stack.md. Returns true if every check passed. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { ask, report } = options;
  const checks = new Checks(report);
  report('1. Update the attribution first, so that later differences come only from the changes below');
  const changes = await makeChanges(options, await runBuild(options, true));

  report('3. Attribute without refreshing the mirror, which the pipeline itself never does');
  await checkStaleMirror(ask, checks, changes, await runBuild(options, false));

  report('4. Run the pipeline in its order: refresh, check the refresh, attribute, test');
  await checkRefreshed(ask, checks, changes, await runBuild(options, true));

  report('5. Edit created_at, which AdSuite must never do, and revert the edit');
  await editAndRevert(options, checks, changes);
  return checks.finish();
}

async function editAndRevert(options: DemoOptions, checks: Checks, changes: Changes): Promise<void> {
  const { ask, adsuite } = options;
  const editedTo = await editCreatedAt(adsuite, changes.iteration, 1);
  try {
    await runBuild(options, true);
    await checkEditDetected(ask, checks, changes, editedTo);
  } finally {
    await editCreatedAt(adsuite, changes.iteration, -1);
  }
  await runBuild(options, true);
  await checkEditReverted(ask, checks, changes);
}

/** Runs the pipeline and waits until the service serves the new build. */
async function runBuild({ logins, runner, ask, report }: DemoOptions, refresh: boolean): Promise<DataStatus> {
  const summary = (line: string) => {
    if (!line.startsWith('  ')) report(`   ${line}`);
  };
  const status = await waitForBuild(ask, await runPipeline(logins, { runner, refresh, report: summary }));
  report(`   dataStatus: as of ${status.asOf}, mirror of ${status.mirrorRefreshedAt}`);
  return status;
}

async function makeChanges({ adsuite, warehouse, ask, report }: DemoOptions, status: DataStatus): Promise<Changes> {
  const target = await chooseTarget(ask, warehouse);
  const late = await chooseLateOffer(ask, adsuite, warehouse);
  const before = await readTotals(ask);
  const { live } = target;
  report(`   Strategy ${target.id} "${target.name}", offer ${target.tuneOfferId}: iteration ${live.id} is live since`);
  report(`   ${live.createdAt}, with ${before.describe(live.id)}`);
  if (late === null) report('   Every strategy that conversions wait for has a tune_offer_id');
  else {
    report(`   Strategy ${late.strategyId} "${late.strategyName}" has no tune_offer_id yet; ${late.waiting.length}`);
    report(`   conversions of the campaigns for offer ${late.offer} are STRATEGY_NOT_FOUND`);
  }

  report("2. Change AdSuite's database, and insert clicks with a conversion each");
  const iteration = await insertConversions(warehouse, await insertIteration(adsuite, target.id), target.campaignId);
  if (status.mirrorRefreshedAt !== null && iteration.createdAt <= status.mirrorRefreshedAt) {
    throw new LocalError('The system clock went backwards, so the checks would be meaningless. Try again.');
  }
  report(`   Iteration ${iteration.id} of strategy ${target.id}, created_at ${iteration.createdAt}`);
  for (const { id, when, payout } of iteration.conversions) report(`   Click ${id} ${when}; payout ${payout}`);
  if (late !== null) {
    await setTuneOffer(adsuite, late);
    report(`   tune_offer_id ${late.offer} for strategy ${late.strategyId}`);
  }
  return { target, iteration, late, before };
}
