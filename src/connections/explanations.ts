import DataLoader from 'dataloader';
import { batchScheduleFn } from '../db/warehouse/loader-factories.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { type BuildRow, buildTimes, isOfThisRelease } from '../db/warehouse/queries/builds.ts';
import type { CopiesRow, ExplainedRow } from '../db/warehouse/queries/explain.ts';
import type { OfferStrategies, WindowAnchor } from '../db/warehouse/queries/explain-strategies.ts';
import { sharedFixId } from '../domain/fixes.ts';
import { secondsOrNull } from '../domain/seconds.ts';
import { WarehouseUnavailable } from '../errors.ts';
import type { Conversion } from '../schema/conversion.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import { explain } from '../trust/explain.ts';

/** The explanations of each request. */
const perRequest = new WeakMap<WarehouseLoaders, DataLoader<string, Explained | null>>();

/** An explanation, and the row that it explains. */
interface Explained {
  readonly row: ExplainedRow;
  readonly explanation: AttributionExplanation;
}

/**
 * Explains a conversion of the build being served, batched with the others of the request. All of a batch are ready at the same
 * time, whatever hop ended them, so that what is read for them next is batched too.
 *
 * @param state the conversion as it was found. If another build has it so, but not this one, there is no explanation.
 * @returns null if there is no such conversion, or the build was made by dbt models of an earlier release.
 */
export async function explanationOf(
  loaders: WarehouseLoaders,
  id: string,
  state?: Conversion,
): Promise<AttributionExplanation | null> {
  let loader = perRequest.get(loaders);
  if (!loader) {
    const read = (each: string) => readExplanation(loaders, each).catch((error: Error) => error);
    loader = new DataLoader((ids: readonly string[]) => Promise.all(ids.map(read)), { batchScheduleFn });
    perRequest.set(loaders, loader);
  }
  const explained = await loader.load(id);
  return explained === null || (state && !isSame(state, explained.row)) ? null : explained.explanation;
}

async function readExplanation(loaders: WarehouseLoaders, id: string): Promise<Explained | null> {
  const build = await loaders.build();
  // The tables of an earlier release lack columns.
  if (build === null || !isOfThisRelease(build)) return null;
  const row = await loaders.explained.load(id);
  if (row === null) return null;
  const anchor = anchorOf(row);
  const { campaign_id: campaignId, campaign_offer_id: offerId, strategy_id: strategyId } = row;
  const waitsFor = sharedFixId(row.status, { CAMPAIGN: campaignId, OFFER: offerId, STRATEGY: strategyId });
  const [copies, hops, strategy, around, waiting] = await Promise.all([
    copiesOf(loaders, row, build),
    campaignAndOffer(loaders, row),
    strategyId === null ? null : loaders.strategy.load(strategyId),
    anchor && loaders.windowsAround.load(anchor),
    waitsFor === null ? null : loaders.waiting.load(waitsFor),
  ]);
  const windows = around?.windows ?? [];
  const facts = { conversion: row, copies, ...hops, strategy, windows, waiting };
  return { row, explanation: explain({ ...facts, build: { ...buildTimes(build), id: build.build_id } }) };
}

/** Whether a build has a conversion as the build being served has it. */
const isSame = (state: Conversion, row: ExplainedRow): boolean =>
  state.clickId === row.click_id &&
  state.goalReferenceId === row.goal_reference_id &&
  state.payout === row.payout &&
  state.convertedAt === row.converted_at &&
  state.loadedAt === row.loaded_at &&
  state.clickedAt === row.clicked_at &&
  state.campaignId === row.campaign_id &&
  state.strategyId === row.strategy_id &&
  state.iterationId === row.iteration_id &&
  state.status === row.status &&
  state.method === row.method &&
  state.secondsIntoIteration === secondsOrNull(row.microseconds_into_iteration);

/** Around which iteration to read the windows. The build's own result only chooses the part of a long list. */
function anchorOf({ iteration_id: iterationId, strategy_id: strategyId, status }: ExplainedRow): WindowAnchor | null {
  if (iterationId !== null) return `iteration ${iterationId}`;
  if (strategyId === null) return null;
  return status === 'CLICK_AFTER_BUILD' ? `last ${strategyId}` : `first ${strategyId}`;
}

/** The campaign and the strategies that have its offer. An explicit iteration makes them unnecessary. */
async function campaignAndOffer(
  loaders: WarehouseLoaders,
  { campaign_id: campaignId, explicit_iteration_id: named }: ExplainedRow,
) {
  const campaign = campaignId === null || named !== null ? null : await loaders.campaign.load(campaignId);
  const offerId = campaign?.offer_id ?? null;
  const offer: OfferStrategies | null = offerId === null ? null : await loaders.strategiesOfOffer.load(offerId);
  const withoutOffer = offerId !== null && offer === null ? await loaders.strategiesWithoutOffer() : null;
  return { campaign, offer, withoutOffer };
}

/**
 * The copies behind a conversion; null if they are not those of this build. Builds share them, and one that is under way may
 * have changed them already.
 */
async function copiesOf(
  loaders: WarehouseLoaders,
  conversion: ExplainedRow,
  build: BuildRow,
): Promise<CopiesRow | null> {
  const copies = await loaders.copiesOf.load(conversion.id).catch((error: unknown) => {
    // A build is replacing these tables. Without a warehouse, the other reads fail.
    if (error instanceof WarehouseUnavailable) return null;
    throw error;
  });
  if (copies === null || copies.newest_build_number !== build.build_number) return null;
  return isOfBuild(copies, conversion, build) ? copies : null;
}

/** Whether the same copies count in both, and the runs that wrote them had read nothing that the build had not. */
const isOfBuild = (copies: CopiesRow, conversion: ExplainedRow, build: BuildRow): boolean =>
  copies.click_id === conversion.click_id &&
  copies.goal_reference_id === conversion.goal_reference_id &&
  copies.payout === conversion.payout &&
  copies.converted_at === conversion.converted_at &&
  copies.loaded_at === conversion.loaded_at &&
  copies.event_read_at <= build.as_of &&
  copies.clicked_at === conversion.clicked_at &&
  copies.campaign_id === conversion.campaign_id &&
  (copies.read_at === null || copies.read_at <= build.as_of);
