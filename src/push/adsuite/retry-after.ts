import { parseHttpDate } from './http-date.ts';

/** About 31 years: a number that every clock and database can still add. */
const longest = 1e12;

/**
 * How long a Retry-After wants one to wait, never less: whole seconds, or an HTTP date as seen from `date`.
 *
 * @param header null where there is none.
 * @param date the time of the answer, by the clock that the date was made with, as far as that is known.
 * @returns milliseconds, 0 for a time that has passed; null where the header says nothing (absent, negative, garbage).
 */
export function retryAfter(header: string | null, date: Date): number | null {
  const text = header?.trim() ?? '';
  // Two Retry-After lines arrive as a list; the longest holds.
  if (/^\d+( *, *\d+)*$/.test(text)) return Math.min(Math.max(...text.split(',').map(Number)) * 1000, longest);
  const until = parseHttpDate(text, date);
  return until && Math.min(Math.max(until.getTime() - date.getTime(), 0), longest);
}
