import type { SourceCampaignRow, SourceClickRow, SourceEventRow } from '../db/warehouse/queries/live.ts';
import type { MovedIterationRow, MovedStrategyRow } from '../db/warehouse/queries/live-moves.ts';
import { isInstant } from '../domain/instant.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import type { LiveDifference } from '../schema/live-rows.ts';

/** Days around a known time in which a source is read. */
export const lookUpDays = 3;

/** What the sources have now. */
export interface SourceRows {
  readonly event: SourceEventRow | null;
  readonly click: SourceClickRow | null;
  readonly campaign: SourceCampaignRow | null;
  /** Strategies that had the offer of the explanation in the build or have it now, but not both. */
  readonly strategies: readonly MovedStrategyRow[];
  /** Iterations that differ, of the strategy of the explanation in the build or now. */
  readonly iterations: readonly MovedIterationRow[];
}

/** A row that differs from the build: a sentence, and the values. */
export interface LiveMove {
  readonly text: string;
  readonly differences: readonly LiveDifference[];
}

type Value = readonly [field: string, label: string, before: string | null, now: string | null];

/** The values that differ, and how a sentence shows them. */
function differing(row: Pick<LiveDifference, 'hop' | 'id'>, values: readonly Value[]) {
  const found = values.filter(([, , before, now]) => before !== now);
  return {
    differences: found.map(([field, , before, now]) => ({ ...row, field, before, now })),
    shown: found.map(([, label, before, now]) => `${label} ${before ?? 'none'} -> ${now ?? 'none'}`).join(', '),
  };
}

/** Where the event, the click and the campaign differ from the build. */
export const sourceMoves = (explanation: AttributionExplanation, rows: SourceRows, readAt: string): LiveMove[] =>
  [
    eventMove(explanation, rows.event, readAt),
    clickMove(explanation, rows.click),
    campaignMove(explanation, rows.campaign),
  ].filter((move) => move !== null);

function eventMove({ event }: AttributionExplanation, row: SourceEventRow | null, readAt: string): LiveMove | null {
  const subject = { hop: 'EVENT', id: event.id } as const;
  if (row === null) {
    const { differences } = differing(subject, [['convertedAt', 'time', event.convertedAt, null]]);
    return { text: `The event stream has no event ${event.id} within ${lookUpDays} days of its time.`, differences };
  }
  const loadedAt = row.counts_as_loaded_at;
  // The copy that counts was deleted. Builds keep it.
  if (event.loadedAt === null || loadedAt < event.loadedAt) return null;
  const { differences, shown } = differing(subject, [
    ['clickId', 'click id', event.clickId, row.click_id],
    ['goalReferenceId', 'goal', event.goalReferenceId, row.goal_reference_id],
    ['payout', 'payout', event.payout, row.payout],
    ['convertedAt', 'time', event.convertedAt, row.happened_at],
  ]);
  if (loadedAt === event.loadedAt) {
    if (shown === '') return null;
    return { text: `The event has other values now, without having been loaded later: ${shown}.`, differences };
  }
  if (loadedAt > readAt) {
    const text = `A copy of the event has a loaded_at in the future, ${loadedAt}. It counts only until there is another one.`;
    return { text, differences: [] };
  }
  const text = `A copy of the event was loaded at ${loadedAt}, after the one that counts`;
  return { text: shown === '' ? `${text}.` : `${text}: ${shown}.`, differences };
}

function clickMove({ event, click, asOf }: AttributionExplanation, row: SourceClickRow | null): LiveMove | null {
  if (event.clickId === null) return null;
  const id = JSON.stringify(event.clickId);
  const subject = { hop: 'CLICK', id: event.clickId } as const;
  if (row === null) {
    if (click.timestamp === null) return null;
    const { differences } = differing(subject, [['timestamp', 'time', click.timestamp, null]]);
    return { text: `AdGem's table no longer has click ${id}. Builds keep the clicks of conversions.`, differences };
  }
  const isLoadedLater = isLoadedAfter(row, asOf);
  const { differences, shown } = differing(subject, clickValues(click, row, isLoadedLater));
  if (click.timestamp === null) {
    const text = `Click ${id} is in AdGem's table now: ${shown}. A build uses it, unless it is older than the dbt var click_window_days allows.`;
    return { text, differences };
  }
  const use = isLoadedLater
    ? 'The next build uses it'
    : 'A build uses it, unless it was loaded longer ago than the dbt var lookback_hours allows';
  const values = shown === '' ? 'It changes nothing.' : `${use}: ${shown}.`;
  if (row.first_happened_at < click.timestamp) {
    const text = `A copy of click ${id} of ${row.first_happened_at} has arrived, before ${click.timestamp}.`;
    return { text: `${text} ${values}`, differences };
  }
  if (isLoadedLater) {
    return {
      text: `A copy of click ${id} was loaded at ${row.last_loaded_at}, after the build. ${values}`,
      differences,
    };
  }
  return shown === '' ? null : { text: `A copy of click ${id} has arrived. ${values}`, differences };
}

const isLoadedAfter = ({ last_loaded_at: loadedAt }: SourceClickRow, asOf: string | null): boolean =>
  asOf !== null && loadedAt !== null && isInstant(loadedAt) && loadedAt > asOf;

/**
 * The values of a click before and now. The build keeps what it has read, so a value that the source no longer has stays; and
 * without a new copy, another value only means that the copy of the old one was deleted.
 */
function clickValues(
  click: AttributionExplanation['click'],
  row: SourceClickRow,
  isLoadedLater: boolean,
): readonly Value[] {
  const isEarlier = click.timestamp === null || row.first_happened_at < click.timestamp;
  const hasNewCopy = isEarlier || isLoadedLater;
  const kept = (before: string | null, now: string | null, isComplete = true) =>
    now !== null && (hasNewCopy || (isComplete && before === null)) ? now : before;
  // The iteration id of a click that names none that exists is known from its copies only.
  const named = click.copies?.namedIterationId ?? click.explicitIterationId;
  const isNameKnown = click.copies !== null || click.explicitIterationId !== null;
  return [
    ['timestamp', 'time', click.timestamp, isEarlier ? row.first_happened_at : click.timestamp],
    ['campaignId', 'campaign', click.campaignId, kept(click.campaignId, row.campaign_id)],
    ['explicitIterationId', 'iteration', named, kept(named, row.explicit_iteration_id, isNameKnown)],
  ];
}

function campaignMove({ campaign }: AttributionExplanation, row: SourceCampaignRow | null): LiveMove | null {
  // Not looked for in the build, so there is nothing to compare.
  if (campaign.campaignId === null || campaign.exists === null) return null;
  const { differences } = differing({ hop: 'CAMPAIGN', id: campaign.campaignId }, [
    ['exists', 'exists', String(campaign.exists), String(row !== null)],
    ['offerId', 'offer', campaign.offerId, row?.offer_id ?? null],
  ]);
  if (differences.length === 0) return null;
  const subject = `Campaign ${campaign.campaignId}`;
  const offer = `the offer ${row?.offer_id ?? 'none'}`;
  if (row === null) return { text: `${subject} is no longer in AdGem's table.`, differences };
  if (!campaign.exists) return { text: `${subject} has arrived, with ${offer}. The next build finds it.`, differences };
  return { text: `${subject} has ${offer} now, and had ${campaign.offerId ?? 'none'} in the build.`, differences };
}
