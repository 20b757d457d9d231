import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
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
  const [ofEvent, ofClick] = [eventLookUp(explanation), clickLookUp(explanation)];
  try {
    const [event, click, campaign] = await Promise.all([
      ofEvent && loaders.sourceEvent.load(ofEvent),
      ofClick && loaders.sourceClick.load(ofClick),
      campaignId && loaders.sourceCampaign.load(campaignId),
    ]);
    return { rows: liveRows(explanation, { event, click, campaign: campaign || null }, readAt) };
  } catch (error) {
    const unavailable = reasonOf(loaders.kindOfFault(error));
    if (unavailable === null) throw error;
    return { unavailable };
  }
}

function reasonOf(kind: ReturnType<WarehouseLoaders['kindOfFault']>): string | null {
  if (kind === 'refused') {
    return (
      "The service's user may not read the source tables. Grant it USAGE on the schemas adgem and events, and SELECT on " +
      'adgem.clicks, adgem.campaigns and events.events.'
    );
  }
  if (kind === 'timeout') return 'Reading the source tables timed out.';
  return kind === 'missing' || kind === 'unbuilt' ? 'A source table does not exist.' : null;
}
