/** About 31 years. A longer wait would overflow clocks and database intervals. */
const maxMilliseconds = 1e12;

/**
 * Reads a Retry-After header: whole seconds or an HTTP date.
 *
 * @param header null if the answer has none.
 * @param now the time of the answer, by the clock that wrote the date if it is known.
 * @returns milliseconds to wait, never less than the header says; 0 for a date in the past; null if the header is absent or invalid.
 */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? '';
  // fetch joins two Retry-After headers with a comma. The longest applies.
  if (/^\d+( *, *\d+)*$/.test(text)) return Math.min(Math.max(...text.split(',').map(Number)) * 1000, maxMilliseconds);
  const until = parseHttpDate(text, now);
  return until && Math.min(Math.max(until.getTime() - now.getTime(), 0), maxMilliseconds);
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longDay = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';

/** The three formats that a recipient must accept (RFC 9110, section 5.6.7). Senders now use only the first. */
const formats = [
  `${day}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT`,
  `${longDay}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT`,
  `${day} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`,
].map((format) => new RegExp(`^${format}$`));

/**
 * Parses an HTTP date. Date.parse is too lenient: it accepts "retry 5".
 *
 * @param now decides the century of a two-digit year: a year more than 50 years ahead belongs to the previous century.
 * @returns null for an invalid date. A leap second counts as the next second.
 */
export function parseHttpDate(text: string, now: Date): Date | null {
  const parts = formats.map((format) => format.exec(text)?.groups).find((groups) => groups !== undefined);
  if (!parts) return null;
  const at = (name: string) => Number(parts[name]);
  if (at('hour') > 23 || at('minute') > 59 || at('second') > 60) return null;
  const date = new Date(0);
  const monthIndex = months.indexOf(parts.month ?? '');
  date.setUTCFullYear(parts.year?.length === 2 ? fullYear(at('year'), now) : at('year'), monthIndex, at('day'));
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== at('day')) return null;
  date.setUTCHours(at('hour'), at('minute'), at('second'));
  return date;
}

function fullYear(twoDigits: number, now: Date): number {
  const thisYear = now.getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
