import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { LookUpTooFar, maxDays, maxPeriods } from '../db/warehouse/look-up-periods.ts';
import { BuildReplaced } from '../errors.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import type { LiveRows } from '../schema/live-rows.ts';
import { clickLookUp, eventLookUp, liveRows } from '../trust/live.ts';

/** What the source tables have of a conversion now, or why they can't be read. */
export type LiveAnswer = { readonly rows: LiveRows } | { readonly unavailable: string };

/** Reads the source tables, batched with the other conversions of the request. */
export async function liveRowsOf(
  loaders: WarehouseLoaders,
  explanation: AttributionExplanation,
  readAt: string,
): Promise<LiveAnswer> {
  const { campaignId } = explanation.campaign;
  const { offerId } = explanation.offer;
  const { strategyId } = explanation.strategy;
  const [ofEvent, ofClick] = [eventLookUp(explanation), clickLookUp(explanation)];
  try {
    const [event, click, campaign, strategies, iterations] = await Promise.all([
      ofEvent && loaders.sourceEvent.load(ofEvent),
      ofClick && loaders.sourceClick.load(ofClick),
      campaignId === null ? null : loaders.sourceCampaign.load(campaignId),
      offerId === null ? [] : loaders.movedStrategiesOf.load(offerId),
      strategyId === null ? [] : loaders.movedIterationsOf.load(strategyId),
    ]);
    return { rows: liveRows(explanation, { event, click, campaign, strategies, iterations }, readAt) };
  } catch (error) {
    if (error instanceof LookUpTooFar) return { unavailable: tooFar };
    // So are the errors of a mirror without its table, which is read in one statement with those of the build.
    if (error instanceof BuildReplaced) return { unavailable: replaced };
    const unavailable = reasonOf(loaders.kindOfFault(error));
    if (unavailable === null) throw error;
    return { unavailable };
  }
}

const replaced =
  'A build has replaced its tables in the meantime; ask again. If it stays so, adsuite_mirror.strategies or adsuite_mirror.iterations ' +
  'does not exist.';

const tooFar =
  'The conversion is too far in time from others in the request: the source tables are read for at most ' +
  `${maxPeriods} periods of ${maxDays} days, the latest first. Ask for fewer conversions, or for some of the same time.`;

function reasonOf(kind: ReturnType<WarehouseLoaders['kindOfFault']>): string | null {
  if (kind === 'refused') {
    return (
      "The service's user may not read the source tables. Grant it USAGE on the schemas adgem, events and adsuite_mirror, and SELECT on " +
      'adgem.clicks, adgem.campaigns, events.events, adsuite_mirror.strategies and adsuite_mirror.iterations.'
    );
  }
  if (kind === 'timeout') return 'Reading the source tables timed out.';
  return kind === 'missing' || kind === 'unbuilt' ? 'A source table does not exist.' : null;
}
