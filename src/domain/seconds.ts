/**
 * Converts microseconds, a whole number as text, to seconds with exactly six fractional digits: `-1` to `-0.000001`. As text,
 * because a bigint of the warehouse may exceed the numbers that JavaScript has exactly.
 */
export function secondsFromMicroseconds(microseconds: string): string {
  const isNegative = microseconds.startsWith('-');
  const digits = (isNegative ? microseconds.slice(1) : microseconds).padStart(7, '0');
  return `${isNegative ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** The same of an unknown number. */
export const secondsOrNull = (microseconds: string | null): string | null =>
  microseconds === null ? null : secondsFromMicroseconds(microseconds);
