/**
 * Instants as text: RFC 3339 in UTC with six fractional digits, `2026-01-08T10:18:24.372261Z`.
 *
 * They are not converted to a JavaScript Date, which would truncate the microseconds. In this form text order is time
 * order: instants compare with `<`, and are equal exactly if their texts are.
 */

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
 * Converts PostgreSQL's text of a timestamptz to the canonical form. A value outside the years 1 to 9999 (`infinity`)
 * is returned unchanged, so that an unusual row stays visible.
 */
export function instantFromPostgres(text: string): string {
  // Fast path for a session in UTC: 2026-01-08 10:18:24[.372261]+00
  if (text.endsWith('+00') && text.charCodeAt(4) === 45 /* - */) {
    const seconds = `${text.slice(0, 10)}T${text.slice(11, 19)}`;
    if (text.length === 22) return `${seconds}.000000Z`;
    return `${seconds}.${text.slice(20, -3).padEnd(6, '0')}Z`;
  }
  return parseInstant(text) ?? text;
}

/** Converts a Date (whole milliseconds) to the canonical form. */
export function instantFromDate(date: Date): string {
  return `${date.toISOString().slice(0, -1)}000Z`;
}

/** Seconds from one instant to another, rounded down; negative if `to` is before `from`. */
export function secondsBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / 1000);
}

/** Whether an instant is the start of a UTC day. */
export function isStartOfDay(instant: string): boolean {
  return instant.endsWith('T00:00:00.000000Z');
}
