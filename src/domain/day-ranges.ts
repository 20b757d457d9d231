import { dayNumber, dayText, isDay, isInstant } from './instant.ts';
import { instantsOfDay, localDayOf } from './time-zones.ts';

/** The days that the models keep times of. A range needs no others. */
export const firstDay = '2000-01-01';
export const lastDay = '2099-12-31';

/** A range of local days, both included; null: unlimited. */
export interface DayRange {
  readonly fromDay: string | null;
  readonly toDay: string | null;
}

/** The instants of a range of days, half-open. @param zone null: UTC. */
export const instantsOfDays = (zone: string | null, { fromDay, toDay }: DayRange) => ({
  from: fromDay === null ? null : (instantsOfDay(zone, fromDay)?.from ?? null),
  to: toDay === null ? null : (instantsOfDay(zone, toDay)?.to ?? null),
});

/** The days before the local day of an instant, which is not over. */
export function daysBefore(zone: string | null, instant: string, days: number): DayRange {
  const today = dayNumber(localDayOf(zone, instant)) as number;
  return { fromDay: dayText(today - days), toDay: dayText(today - 1) };
}

/**
 * The days in which a range of instants begins and ends; null: unlimited, or outside of the calendar of the years 1 to 9999. A range
 * without an instant (`from` = `to`) has no days: the day before `to` may be before that of `from`.
 */
export function daysOfInstants(
  zone: string | null,
  { from, to }: { readonly from?: string | null; readonly to?: string | null },
): DayRange {
  if (from && to && from >= to) return { fromDay: null, toDay: null };
  return {
    fromDay: from && isInstant(from) ? dayOrNull(localDayOf(zone, from)) : null,
    toDay: to && isInstant(to) ? dayOrNull(localDayOf(zone, justBefore(to))) : null,
  };
}

const dayOrNull = (day: string): string | null => (isDay(day) ? day : null);

/** A millisecond before an instant, or within the same millisecond. */
const justBefore = (instant: string): string =>
  instant.endsWith('000Z') ? new Date(Date.parse(instant) - 1).toISOString() : instant;
