import { LocalError } from '../../local/errors.ts';

const hour = 3_600_000;
/** A hundred years: more is a typing error. */
const maxHours = 876_000;

/** Milliseconds of a duration like 12h or 90d. @param option its name, for the error. */
export function parseDuration(text: string, option: string): number {
  const [, number, unit] = /^(\d{1,6})([hd])$/.exec(text) ?? [];
  const hours = Number(number) * (unit === 'd' ? 24 : 1);
  if (number === undefined || hours > maxHours) {
    throw new LocalError(`${option} ${text} is not a duration. Pass hours or days: 12h, 90d.`);
  }
  return hours * hour;
}

/** The end of a duration, or of a date or time in the future. */
export function parseExpiry(text: string, now: Date): string {
  if (/^\d+[a-z]$/.test(text)) return laterBy(now, parseDuration(text, '--expires'));
  const isTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new LocalError(`--expires ${text} is neither a duration (90d, 12h) nor a date (2027-01-31, in UTC).`);
  }
  if (time <= now.getTime()) throw new LocalError(`--expires ${text} is in the past.`);
  return new Date(time).toISOString();
}

export const laterBy = (now: Date, milliseconds: number): string =>
  new Date(now.getTime() + milliseconds).toISOString();
