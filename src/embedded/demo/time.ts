/** Instants are microseconds since 1970, as a number: exact until the year 2255. */
export const second = 1_000_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Days of the demo data. */
export const dayCount = 175;

/** The UTC day that begins at the last midnight, like 2026-06-29. */
export const dayOf = (now: Date): string => now.toISOString().slice(0, 10);

/** The instant at which a UTC day begins. */
export const startOf = (dayText: string): number => Date.parse(dayText) * 1000;

/** 0 for the days that are Mondays. 1970-01-01 was a Thursday. */
export const weekday = (instant: number): number => (Math.floor(instant / day) + 3) % 7;

const dayTexts = new Map<number, string>();

/** `2026-01-08 10:18:24.372261+00`, as Redshift and PostgreSQL print a timestamptz. */
export function formatInstant(instant: number): string {
  const whole = Math.floor(instant / day);
  let text = dayTexts.get(whole);
  if (text === undefined) {
    text = new Date((whole * day) / 1000).toISOString().slice(0, 10);
    dayTexts.set(whole, text);
  }
  const within = instant - whole * day;
  const fraction = within % second;
  const seconds = (within - fraction) / second;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  // PostgreSQL omits a zero fraction.
  return fraction === 0 ? `${text} ${clock}+00` : `${text} ${clock}.${String(fraction).padStart(6, '0')}+00`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
