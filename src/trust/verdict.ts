import type { WindowRow } from '../db/warehouse/queries/explain-strategies.ts';
import type { AttributionMethodName, AttributionStatusName } from '../db/warehouse/tables.ts';
import type { ExplanationHopName } from '../schema/explanation-hop.ts';
import type { ExplanationFacts } from './facts.ts';

/** What follows from the rows. */
export interface Verdict {
  readonly status: AttributionStatusName;
  readonly method: AttributionMethodName | null;
  readonly decidedBy: ExplanationHopName;
  /** The iteration of the conversion; or the one before which, or after whose open window, the click happened. */
  readonly iteration: WindowRow | null;
}

/** Whether a click happened at or after the beginning of a window. */
const hadBegun = ({ created_at: createdAt }: WindowRow, clickedAt: string): boolean => createdAt <= clickedAt;

/** Whether a click happened before the end of a window. An open window has no end yet: `asOf` is not part of this. */
const hadNotEnded = ({ ended_at: endedAt }: WindowRow, clickedAt: string): boolean =>
  endedAt === null || clickedAt < endedAt;

/**
 * Attributes a conversion from its rows, by the rule of warehouse/dbt/macros/attribute_clicks.sql. That macro decides; this is
 * a second calculation, so that an explanation does not only repeat the result of the build.
 */
export function judge({ conversion, build, campaign, offer, windows }: ExplanationFacts): Verdict {
  const stopped = (
    status: AttributionStatusName,
    decidedBy: ExplanationHopName,
    iteration: WindowRow | null = null,
  ): Verdict => ({ status, method: null, decidedBy, iteration });

  if (conversion.click_id === null) return stopped('NO_CLICK_ID', 'EVENT');
  const { clicked_at: clickedAt } = conversion;
  if (clickedAt === null) return stopped('CLICK_NOT_FOUND', 'CLICK');
  const named = windows.find(({ id }) => id === conversion.explicit_iteration_id);
  if (named) return { status: 'ATTRIBUTED', method: 'EXPLICIT', decidedBy: 'CLICK', iteration: named };
  if (campaign === null) return stopped('CAMPAIGN_NOT_FOUND', 'CAMPAIGN');
  if (campaign.offer_id === null) return stopped('CAMPAIGN_WITHOUT_OFFER', 'CAMPAIGN');
  if (offer === null) return stopped('STRATEGY_NOT_FOUND', 'OFFER');
  if (offer.total > 1) return stopped('SHARED_OFFER', 'OFFER');
  const own = windows.filter(({ strategy_id: id }) => id === offer.strategies[0]?.id);
  if (own.length === 0) return stopped('NO_ITERATIONS', 'STRATEGY');
  const live = own.find((window) => hadBegun(window, clickedAt) && hadNotEnded(window, clickedAt));
  if (!live) return stopped('BEFORE_FIRST_ITERATION', 'ITERATIONS', own[0]);
  if (live.ended_at === null && build.asOf !== null && clickedAt >= build.asOf) {
    return stopped('CLICK_AFTER_BUILD', 'ITERATIONS', live);
  }
  return { status: 'ATTRIBUTED', method: 'DERIVED', decidedBy: 'ITERATIONS', iteration: live };
}
