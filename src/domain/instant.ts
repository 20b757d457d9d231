import { twoDigits } from './two-digits.ts';

/**
 * Instants as text: RFC 3339 in UTC with six fractional digits, `2026-01-08T10:18:24.372261Z`.
 *
 * They are not converted to a JavaScript Date, which would truncate the microseconds. In this form text order is time
 * order: instants compare with `<`, and are equal exactly if their texts are.
 */

/** The times that the models use, half-open: those of `valid_from` and `valid_before` in warehouse/dbt/macros/time.sql. */
export const validTimes = { from: '2000-01-01T00:00:00.000000Z', before: '2100-01-01T00:00:00.000000Z' } as const;

const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)$/;

/**
 * Parses an instant with an offset (`Z`, `+02:00`, PostgreSQL's `+00`) and up to six fractional digits.
 *
 * @returns the instant in the canonical form, or null if the text has no offset, has more than six fractional digits,
 *   or is not a valid instant of the years 1 to 9999.
 */
export function parseInstant(text: string): string | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (Number(offsetHour) > 15 || Number(offsetMinute) > 59) return null;

  // A Date holds whole seconds exactly; the fraction is appended later. setUTCFullYear, because Date.UTC reads year 99
  // as 1999.
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return null;
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute));
  date.setUTCHours(Number(hour), Number(minute) - offsetMinutes, Number(second));
  if (date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return null;
  return `${date.toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`;
}

/**
 * Converts PostgreSQL's text of a timestamptz to the canonical form. A value outside the years 1 to 9999 (`infinity`) is
 * returned unchanged, so that it differs from a missing one; `isInstant` is false for it.
 */
export function instantFromPostgres(text: string): string {
  // Fast path for a session in UTC: 2026-01-08 10:18:24[.372261]+00
  if (text.endsWith('+00') && text.charCodeAt(4) === 45 /* - */) {
    if (text.length === 29) return `${text.slice(0, 10)}T${text.slice(11, 26)}Z`;
    const seconds = `${text.slice(0, 10)}T${text.slice(11, 19)}`;
    if (text.length === 22) return `${seconds}.000000Z`;
    return `${seconds}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  }
  return parseInstant(text) ?? withSecondsInOffset(text) ?? text;
}

/** Before standard time, time zones have offsets with seconds (+00:19:32), which RFC 3339 does not have. */
function withSecondsInOffset(text: string): string | null {
  const [, local = '', sign, hours, minutes, seconds] = /^(.*)([+-])(\d\d):(\d\d):(\d\d)$/.exec(text) ?? [];
  const asUtc = sign === undefined ? null : parseInstant(`${local}+00`);
  if (asUtc === null) return null;
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const utc = new Date(Date.parse(`${asUtc.slice(0, 19)}Z`) - (sign === '-' ? -1 : 1) * offset * 1000).toISOString();
  const instant = `${utc.slice(0, -5)}${asUtc.slice(19)}`;
  return isInstant(instant) ? instant : null;
}

const canonical = /^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Whether a text is an instant in the canonical form, unlike PostgreSQL's `infinity` or `58133-01-01 00:00:00+00`. */
export const isInstant = (text: string): boolean => canonical.test(text);

const canonicalLength = '0000-00-00T00:00:00.000000Z'.length;
const [letterT, letterZ, zero] = ['T'.charCodeAt(0), 'Z'.charCodeAt(0), '0'.charCodeAt(0)];

/**
 * The same for a text of `instantFromPostgres` or of this module, in a tenth of the time: an answer may have thousands. No other text
 * of PostgreSQL has the letters in these places.
 */
export const isStoredInstant = (text: string): boolean =>
  text.length === canonicalLength &&
  text.charCodeAt(10) === letterT &&
  text.charCodeAt(canonicalLength - 1) === letterZ &&
  (text.charCodeAt(0) !== zero || !text.startsWith('0000'));

/** For a stored value that may be missing: an instant that RFC 3339 can't express counts as missing. */
export const instantOrNull = (text: string | null): string | null =>
  text !== null && isStoredInstant(text) ? text : null;

/** Whether a text is a day of the years 1 to 9999, unlike PostgreSQL's `infinity` or `0044-03-15 BC`. */
export const isDay = (text: string): boolean => /^(?!0000)\d{4}-\d\d-\d\d$/.test(text);

/** Converts a Date (whole milliseconds) to the canonical form. */
export function instantFromDate(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}

/** Seconds from one instant to another, rounded down; negative if `to` is before `from`. */
export function secondsBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / 1000);
}

/** Microseconds from one instant to another, exact; negative if `to` is before `from`. Both in the canonical form. */
export const microsecondsBetween = (from: string, to: string): bigint => microseconds(to) - microseconds(from);

/** Microseconds since 1970. */
const microseconds = (instant: string): bigint =>
  BigInt(Date.parse(`${instant.slice(0, 19)}Z`)) * 1000n + BigInt(instant.slice(20, 26));

/**
 * Microseconds since 1970 as a number; null if it would not be exact, which is outside the years 1685 to 2254.
 *
 * @param instant in the canonical form.
 */
export function exactMicroseconds(instant: string): number | null {
  const day = dayNumber(instant.slice(0, 10));
  const part = (from: number, to: number) => Number(instant.slice(from, to));
  if (day === null) return null;
  const seconds = part(11, 13) * 3600 + part(14, 16) * 60 + part(17, 19);
  const value = day * dayMicroseconds + seconds * 1_000_000 + part(20, 26);
  return Number.isSafeInteger(value) ? value : null;
}

const dayMilliseconds = 86_400_000;
const dayMicroseconds = 86_400_000_000;

/** The instant of exact microseconds since 1970, in the canonical form. Faster than by a Date: an answer may have thousands. */
export function instantFromMicroseconds(value: number): string {
  const day = Math.floor(value / dayMicroseconds);
  let rest = value - day * dayMicroseconds;
  let time = '';
  for (let digits = 0; digits < 3; digits += 1) {
    time = `${twoDigits[rest % 100]}${time}`;
    rest = Math.floor(rest / 100);
  }
  const [hour, minute, second] = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60];
  return `${dayText(day)}T${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[second]}.${time}Z`;
}

/** Days as numbers. Rows of a table have few of them. */
const dayNumbers = new Map<string, number | null>();
const maxDayNumbers = 10_000;

/** Days from 1970-01-01 to a day (`isDay`); null if the calendar does not have it. */
export function dayNumber(day: string): number | null {
  const known = dayNumbers.get(day);
  if (known !== undefined) return known;
  const parsed = Date.parse(`${day}T00:00:00Z`) / dayMilliseconds;
  const number = Number.isInteger(parsed) && dayText(parsed) === day ? parsed : null;
  if (dayNumbers.size >= maxDayNumbers) dayNumbers.clear();
  dayNumbers.set(day, number);
  return number;
}

/** The last day that `dayText` returned: many times of an answer are of one day. */
let lastDay = { number: 0, text: '1970-01-01' };

/** The day that is this many days after 1970-01-01. */
export function dayText(number: number): string {
  if (lastDay.number !== number)
    lastDay = { number, text: new Date(number * dayMilliseconds).toISOString().slice(0, 10) };
  return lastDay.text;
}

/** The instant this many days of 24 hours later; earlier if negative. For instants of the valid range, see `validTimes`. */
export function plusDays(instant: string, days: number): string {
  const seconds = Date.parse(`${instant.slice(0, 19)}Z`) + days * 86_400_000;
  return `${new Date(seconds).toISOString().slice(0, 19)}${instant.slice(19)}`;
}

/** Whether an instant is the start of a UTC day. */
export function isStartOfDay(instant: string): boolean {
  return instant.endsWith('T00:00:00.000000Z');
}

/** The first instant after a UTC day, or after the UTC hour that begins at an instant; null after the year 9999. */
export function endOfPeriod(start: string, unit: 'day' | 'hour'): string | null {
  const begins = Date.parse(unit === 'day' ? `${start}T00:00:00Z` : start);
  if (Number.isNaN(begins)) return null;
  const end = instantFromDate(new Date(begins + (unit === 'day' ? 86_400_000 : 3_600_000)));
  return isInstant(end) ? end : null;
}
