export const dayMilliseconds = 86_400_000;

/** Longer axes have more gaps than days. */
const mostDays = 3_000;

/**
 * All days between the first and the last of some days, in order; days that are too far apart for that as they are.
 *
 * @param days starts of UTC days, in milliseconds since 1970.
 */
export function everyDay(days: readonly number[]): readonly number[] {
  const inOrder = [...new Set(days)].toSorted((a, b) => a - b);
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (first === undefined || last === undefined || last - first > mostDays * dayMilliseconds) return inOrder;
  return Array.from({ length: (last - first) / dayMilliseconds + 1 }, (_, index) => first + index * dayMilliseconds);
}
