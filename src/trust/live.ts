import type { SourceLookUp } from '../db/warehouse/look-up-periods.ts';
import { instantOrNull, plusDays } from '../domain/instant.ts';
import type { AttributionExplanation } from '../schema/explanation.ts';
import type { LiveRows } from '../schema/live-rows.ts';
import { mirrorMoves } from './live-mirror-moves.ts';
import { lookUpDays, type SourceRows, sourceMoves } from './live-moves.ts';

/** Days before a conversion in which a click is looked for that the build did not find. */
const daysBeforeConversion = 30;

/** Where to look for the event of an explanation; null if its time is unknown. */
export const eventLookUp = ({ event: { id, convertedAt } }: AttributionExplanation): SourceLookUp | null =>
  convertedAt === null ? null : { id, from: plusDays(convertedAt, -lookUpDays), to: plusDays(convertedAt, lookUpDays) };

/** Where to look for its click; null if it has no click id, or its time is unknown. */
export function clickLookUp({ event, click }: AttributionExplanation): SourceLookUp | null {
  const id = event.clickId;
  const known = click.timestamp ?? event.convertedAt;
  if (id === null || known === null) return null;
  const before = click.timestamp === null ? daysBeforeConversion : lookUpDays;
  return { id, from: plusDays(known, -before), to: plusDays(known, lookUpDays) };
}

/** Compares what the sources have now with an explanation. */
export function liveRows(explanation: AttributionExplanation, rows: SourceRows, readAt: string): LiveRows {
  const { event, click, campaign } = rows;
  const moves = [...sourceMoves(explanation, rows, readAt), ...mirrorMoves(explanation, rows)];
  return {
    readAt,
    eventCopies: Number(event?.copies ?? 0),
    eventLoadedAt: instantOrNull(event?.loaded_at ?? null),
    clickCopies: Number(click?.copies ?? 0),
    clickTimestamp: instantOrNull(click?.first_happened_at ?? null),
    clickLoadedAt: instantOrNull(click?.last_loaded_at ?? null),
    campaignOfferId: campaign?.offer_id ?? null,
    moved: moves.map(({ text }) => text),
    differences: moves.flatMap(({ differences }) => differences),
  };
}
