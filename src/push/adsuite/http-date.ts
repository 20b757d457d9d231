const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const month = `(?<month>${months.join('|')})`;
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
const day = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const longDay = '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)';

/** The three forms that a recipient must take (RFC 9110, section 5.6.7); only the first is still written. */
const forms = [
  `${day}, (?<day>\\d\\d) ${month} (?<year>\\d{4}) ${time} GMT`,
  `${longDay}, (?<day>\\d\\d)-${month}-(?<year>\\d\\d) ${time} GMT`,
  `${day} ${month} (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})`,
].map((form) => new RegExp(`^${form}$`));

/**
 * Reads an HTTP date. Date.parse would not do: it makes dates of texts that are none ("retry 5").
 *
 * @param now the present, for years of two digits: more than 50 years ahead means the century before.
 * @returns null where it is none, or a day that is in no calendar. A leap second counts as the one after.
 */
export function parseHttpDate(text: string, now: Date): Date | null {
  const parts = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
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
