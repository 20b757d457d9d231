import { dayNumber, dayText, instantFromDate, isDay, validTimes } from './instant.ts';

// Local days and hours of IANA time zones. The offsets are those of the time zone database in Node.js (ICU), and no other: the service
// sends them to the warehouse as literals, whose own database may be older.

/** A period of one offset from UTC. It ends where the next one begins. */
export interface OffsetPeriod {
  /** Milliseconds since 1970; the first period begins at minus infinity. */
  readonly from: number;
  /** Minutes, a multiple of 15; positive east of Greenwich. */
  readonly offset: number;
}

const [second, minute, quarterHour, hour, day] = [1_000, 60_000, 900_000, 3_600_000, 86_400_000];

/** No zone keeps an offset for less than six days between 2000 and 2099: the least are a week less an hour, in Brazil and Gaza. */
const searchStep = 6 * day;
const [searchFrom, searchTo] = [Date.parse(validTimes.from) - day, Date.parse(validTimes.before) + day];

/** By name in small letters. Only the names of zones are kept, of which there are about 600. */
const known = new Map<string, readonly OffsetPeriod[]>();

/** By the one name of a zone that has several: a search takes some milliseconds. */
const knownByZone = new Map<string, readonly OffsetPeriod[]>();

const utcPeriods: readonly OffsetPeriod[] = [{ from: Number.NEGATIVE_INFINITY, offset: 0 }];

/** Whether a text is the name of a time zone. Offsets such as +05:30 are not: they would not follow changes of the clock. */
export const isTimeZone = (name: string): boolean =>
  /^[A-Za-z][\w+/-]*$/.test(name) && (known.has(name.toLowerCase()) || formatOf(name) !== null);

/**
 * The zone as queries get it: null for UTC, and for each zone that has always had its time, so that they get the same answers from
 * the daily sums.
 *
 * @param name of a zone, see `isTimeZone`.
 */
export function queriedZone(name: string | null | undefined): string | null {
  if (!name || name === 'UTC') return null;
  return offsetsOf(name).every(({ offset }) => offset === 0) ? null : name;
}

/**
 * The offsets of a zone for the valid times, earliest first.
 *
 * A change of the clock counts from the beginning of its quarter-hour, and if it sets the clock back to the day before, from the
 * beginning of the day that it interrupts. So days are never interrupted, and each quarter-hour has one offset. Only changes at one
 * minute past midnight (Newfoundland and Labrador until 2011, New Brunswick until 2006) and one at Casey in 2010 are moved.
 *
 * @throws {RangeError} if there is no such zone.
 */
export function offsetsOf(name: string | null): readonly OffsetPeriod[] {
  if (name === null) return utcPeriods;
  const key = name.toLowerCase();
  const periods = known.get(key);
  if (periods) return periods;
  const format = formatOf(name);
  if (!format) throw new RangeError(`${name} is not a time zone`);
  const zone = format.resolvedOptions().timeZone;
  const found = knownByZone.get(zone) ?? findOffsets(format);
  knownByZone.set(zone, found);
  known.set(key, found);
  return found;
}

function formatOf(name: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  } catch {
    return null;
  }
}

function findOffsets(format: Intl.DateTimeFormat): readonly OffsetPeriod[] {
  const offsetAt = (time: number): number => {
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(format.format(time)) ?? [];
    return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  };
  let current = offsetAt(searchFrom);
  const periods: OffsetPeriod[] = [{ from: Number.NEGATIVE_INFINITY, offset: current }];
  for (let time = searchFrom; time < searchTo; time += searchStep) {
    const next = offsetAt(time + searchStep);
    if (next === current) continue;
    let [low, high] = [time, time + searchStep];
    while (high - low > quarterHour) {
      const middle = low + Math.floor((high - low) / 2 / quarterHour) * quarterHour;
      if (offsetAt(middle) === current) low = middle;
      else high = middle;
    }
    // Within the quarter-hour, or at its end.
    const from = offsetAt(high - second) === current ? high : low;
    periods.push({ from: uninterrupted(from, current, next), offset: next });
    current = next;
  }
  return periods;
}

/** When a change of the clock counts, see `offsetsOf`. @param from the beginning of its quarter-hour. */
function uninterrupted(from: number, before: number, after: number): number {
  const dayBefore = localDayNumber(from - 1, before);
  return dayBefore > localDayNumber(from, after) ? dayBefore * day - before * minute : from;
}

const localDayNumber = (time: number, offset: number): number => Math.floor((time + offset * minute) / day);

/** The period of an instant. */
function periodAt(periods: readonly OffsetPeriod[], time: number): number {
  let [low, high] = [0, periods.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((periods[middle] as OffsetPeriod).from <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** When a local day begins, in milliseconds since 1970. A day that a zone skipped begins, and ends, with the next one. */
function startOfLocalDay(periods: readonly OffsetPeriod[], number: number): number {
  // No offset is more than a day, so the day begins in one of the periods around the same day in UTC.
  for (let at = periodAt(periods, (number - 1) * day); at < periods.length; at += 1) {
    const { from, offset } = periods[at] as OffsetPeriod;
    const start = Math.max(from, number * day - offset * minute);
    if (start < (periods[at + 1]?.from ?? Number.POSITIVE_INFINITY)) return start;
  }
  throw new Error('the last period of a time zone has an end');
}

/** The instants of a local day, half-open. */
export interface InstantsOfPeriod {
  readonly from: string;
  readonly to: string;
}

const instantOf = (time: number): string => instantFromDate(new Date(time));

/** The instants of a local day; null unless it is a day of the valid times. */
export function instantsOfDay(zone: string | null, text: string): InstantsOfPeriod | null {
  const number = isDay(text) ? dayNumber(text) : null;
  if (number === null || text < '1999-12-31' || text > '2100-01-01') return null;
  const periods = offsetsOf(zone);
  return {
    from: instantOf(startOfLocalDay(periods, number)),
    to: instantOf(startOfLocalDay(periods, number + 1)),
  };
}

/** The local day of an instant. */
export function localDayOf(zone: string | null, instant: string): string {
  const time = Date.parse(instant);
  const periods = offsetsOf(zone);
  return dayText(localDayNumber(time, (periods[periodAt(periods, time)] as OffsetPeriod).offset));
}

/**
 * The local hour that begins at an instant. A change of the clock within an hour ends it: Lord Howe Island sets the clock back by
 * half an hour, so it has a half hour between two whole ones.
 */
export function instantsOfHour(zone: string | null, start: string): InstantsOfPeriod | null {
  const time = Date.parse(start);
  if (Number.isNaN(time)) return null;
  const periods = offsetsOf(zone);
  const at = periodAt(periods, time);
  const offset = (periods[at] as OffsetPeriod).offset * minute;
  const end = (Math.floor((time + offset) / hour) + 1) * hour - offset;
  return { from: start, to: instantOf(Math.min(end, periods[at + 1]?.from ?? Number.POSITIVE_INFINITY)) };
}

/** The periods that have instants of a range, half-open; an end that is missing is unlimited. */
export function periodsWithin(
  zone: string | null,
  { from, to }: { readonly from?: string | null; readonly to?: string | null },
): readonly OffsetPeriod[] {
  const periods = offsetsOf(zone);
  const first = from ? periodAt(periods, Date.parse(from)) : 0;
  const last = to ? periodAt(periods, Date.parse(to)) : periods.length - 1;
  return periods.slice(first, Math.max(first, last) + 1);
}

/** A period of one way to find hours. It ends where the next one begins. */
export interface HourPeriod {
  readonly from: number;
  /** How far the local time is ahead of full hours of UTC, in minutes: 0, 15, 30 or 45. */
  readonly minutes: number;
  /** Whether `from` is no full hour of the new local time, so that the first hour of the period begins there. */
  readonly isCut: boolean;
}

/** The same for hours: most changes of the clock are by whole hours, at one, and do not concern them. */
export function hourPeriodsWithin(
  zone: string | null,
  range: Parameters<typeof periodsWithin>[1],
): readonly HourPeriod[] {
  const periods: HourPeriod[] = [];
  for (const { from, offset } of periodsWithin(zone, range)) {
    const minutes = ((offset % 60) + 60) % 60;
    const isCut = from !== Number.NEGATIVE_INFINITY && (from + minutes * minute) % hour !== 0;
    if (isCut || minutes !== periods.at(-1)?.minutes) periods.push({ from, minutes, isCut });
  }
  return periods;
}

/** Whether an instant is the beginning of a quarter-hour. */
export const isStartOfQuarterHour = (instant: string): boolean => /:(00|15|30|45):00\.000000Z$/.test(instant);
