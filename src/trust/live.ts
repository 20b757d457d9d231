import type { SourceCampaignRow, SourceClickRow, SourceEventRow, SourceLookUp } from '../db/warehouse/queries/live.ts';
import { instantOrNull, isInstant, plusDays } from '../domain/instant.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import type { LiveRows } from '../schema/live-rows.ts';

/** Days around a known time in which a source is read. */
const days = 3;
/** Days before a conversion in which a click is looked for that the build did not find. */
const daysBeforeConversion = 30;

/** Where to look for the event of an explanation; null if its time is unknown. */
export const eventLookUp = ({ event: { id, convertedAt } }: AttributionExplanation): SourceLookUp | null =>
  convertedAt === null ? null : { id, from: plusDays(convertedAt, -days), to: plusDays(convertedAt, days) };

/** Where to look for its click; null if it has no click id, or its time is unknown. */
export function clickLookUp({ event, click }: AttributionExplanation): SourceLookUp | null {
  const id = event.clickId;
  const known = click.timestamp ?? event.convertedAt;
  if (id === null || known === null) return null;
  const before = click.timestamp === null ? daysBeforeConversion : days;
  return { id, from: plusDays(known, -before), to: plusDays(known, days) };
}

/** What the sources have now. */
export interface SourceRows {
  readonly event: SourceEventRow | null;
  readonly click: SourceClickRow | null;
  readonly campaign: SourceCampaignRow | null;
}

/** Compares what the sources have now with an explanation. */
export function liveRows(explanation: AttributionExplanation, rows: SourceRows, readAt: string): LiveRows {
  const { event, click, campaign } = rows;
  return {
    readAt,
    eventCopies: Number(event?.copies ?? 0),
    eventLoadedAt: instantOrNull(event?.loaded_at ?? null),
    clickCopies: Number(click?.copies ?? 0),
    clickTimestamp: instantOrNull(click?.first_happened_at ?? null),
    clickLoadedAt: instantOrNull(click?.last_loaded_at ?? null),
    campaignOfferId: campaign?.offer_id ?? null,
    moved: [
      ...eventMoves(explanation, event),
      ...clickMoves(explanation, click),
      ...campaignMoves(explanation, campaign),
    ],
  };
}

function eventMoves({ event }: AttributionExplanation, row: SourceEventRow | null): string[] {
  if (row === null) return [`The event stream has no event ${event.id} within ${days} days of its time.`];
  const isKnown = row.loaded_at === null || event.loadedAt === null || row.loaded_at <= event.loadedAt;
  if (isKnown || !isInstant(row.loaded_at)) return [];
  const values: [what: string, before: string | null, now: string | null][] = [
    ['click id', event.clickId, row.click_id === '' ? null : row.click_id],
    ['payout', event.payout, row.payout],
    ['time', event.convertedAt, row.happened_at],
  ];
  const changes = values.filter(([, before, now]) => before !== now);
  const shown = changes.map(([what, before, now]) => `${what} ${before ?? 'none'} -> ${now ?? 'none'}`);
  return [
    `A copy of the event was loaded at ${row.loaded_at}, after the one that counts${shown.length > 0 ? `: ${shown.join(', ')}` : ''}.`,
  ];
}

function clickMoves({ event, click, asOf }: AttributionExplanation, row: SourceClickRow | null): string[] {
  if (event.clickId === null) return [];
  const id = JSON.stringify(event.clickId);
  if (click.timestamp === null) {
    return row === null
      ? []
      : [
          `Click ${id} of ${row.first_happened_at} is in AdGem's table now. A build uses it, unless it is older than the dbt var click_window_days allows.`,
        ];
  }
  if (row === null) return [`AdGem's table no longer has click ${id}. Builds keep the clicks of conversions.`];
  if (row.first_happened_at !== null && row.first_happened_at < click.timestamp) {
    return [
      `A copy of click ${id} of ${row.first_happened_at} has arrived, before ${click.timestamp}. The next build uses it.`,
    ];
  }
  return asOf !== null && row.last_loaded_at !== null && isInstant(row.last_loaded_at) && row.last_loaded_at > asOf
    ? [
        `A copy of click ${id} was loaded at ${row.last_loaded_at}, after the build. The next build also reads its campaign and iteration.`,
      ]
    : [];
}

function campaignMoves({ campaign }: AttributionExplanation, row: SourceCampaignRow | null): string[] {
  // Not looked for in the build, so there is nothing to compare.
  if (campaign.campaignId === null || campaign.exists === null) return [];
  const subject = `Campaign ${campaign.campaignId}`;
  if (row === null) return campaign.exists ? [`${subject} is no longer in AdGem's table.`] : [];
  if (!campaign.exists) return [`${subject} has arrived. The next build finds it.`];
  return row.offer_id === campaign.offerId
    ? []
    : [`${subject} has the offer ${row.offer_id ?? 'none'} now, and had ${campaign.offerId ?? 'none'} in the build.`];
}
