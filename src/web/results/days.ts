export const dayMilliseconds = 86_400_000;
const hourMilliseconds = 3_600_000;

/** @param at start of a UTC day, in milliseconds since 1970. */
export const dateText = (at: number): string => new Date(at).toISOString().slice(0, 10);

/**
 * The day of an instant: the start of the UTC day of the same date.
 *
 * @param at milliseconds since 1970.
 * @param timeZone of the day; null if unknown, which is read as UTC.
 */
export function startOfDay(at: number, timeZone: string | null): number {
  const parts = dateIn(timeZone ?? 'UTC').formatToParts(at);
  const [year, month, day] = ['year', 'month', 'day'].map((type) =>
    Number(parts.find((part) => part.type === type)?.value),
  );
  return Date.UTC(year ?? Number.NaN, (month ?? 1) - 1, day);
}

function dateIn(timeZone: string): Intl.DateTimeFormat {
  const fields = {
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
  } as const;
  try {
    return new Intl.DateTimeFormat('en', { ...fields, timeZone });
  } catch {
    // The service knows a time zone that the browser does not know.
    return new Intl.DateTimeFormat('en', { ...fields, timeZone: 'UTC' });
  }
}

/** Longer axes have more gaps than days, or than hours. */
const mostDays = 3_000;
const mostHours = 9_000;

/**
 * All days between the first and the last of some days, in order; days that are too far apart for that as they are.
 *
 * @param days starts of UTC days, in milliseconds since 1970.
 */
export const everyDay = (days: readonly number[]): readonly number[] => every(days, dayMilliseconds, mostDays);

/** As `everyDay`, of hours. */
export const everyHour = (hours: readonly number[]): readonly number[] => every(hours, hourMilliseconds, mostHours);

function every(starts: readonly number[], step: number, most: number): readonly number[] {
  const inOrder = [...new Set(starts)].toSorted((a, b) => a - b);
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (first === undefined || last === undefined || last - first > most * step) return inOrder;
  // Hours of a time zone whose clock changes by half an hour.
  if (inOrder.some((each) => (each - first) % step !== 0)) return inOrder;
  return Array.from({ length: (last - first) / step + 1 }, (_, index) => first + index * step);
}
