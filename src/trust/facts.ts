import type { CampaignRow } from '../db/warehouse/queries/campaigns.ts';
import type { CopiesRow, ExplainedRow } from '../db/warehouse/queries/explain.ts';
import type { OfferStrategies, StrategiesWithoutOffer, WindowRow } from '../db/warehouse/queries/explain-strategies.ts';
import type { WaitingRow } from '../db/warehouse/queries/fixes.ts';
import type { StrategyRow } from '../db/warehouse/queries/strategies.ts';
import type { Sources } from '../domain/freshness.ts';

/** The rows from which a conversion's attribution follows. What an earlier hop makes unnecessary is null or empty. */
export interface ExplanationFacts {
  readonly conversion: ExplainedRow;
  readonly build: Sources & { readonly id: string };
  /** Null if they are not those of the build. */
  readonly copies: CopiesRow | null;
  readonly campaign: CampaignRow | null;
  /** The strategies that have the campaign's offer; null if there are none. */
  readonly offer: OfferStrategies | null;
  /** For a suggestion, if no strategy has the offer. */
  readonly withoutOffer: StrategiesWithoutOffer | null;
  /** The strategy of the conversion. */
  readonly strategy: StrategyRow | null;
  /** Iterations of the strategy around the one that decided, by time. */
  readonly windows: readonly WindowRow[];
  /** The unattributed conversions that wait for the same, with this one. */
  readonly waiting: WaitingRow | null;
}
