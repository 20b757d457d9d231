/** The bounds of an interval. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** A part of a whole, 0 to 1; null if there is nothing. */
export const shareOf = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** The 0.975 quantile of the standard normal distribution: intervals have a confidence of 95 %. */
const z = 1.959963984540054;

/**
 * The Wilson score interval of a proportion, with 95 % confidence. Unlike the usual one (Wald), it does not collapse at 0 and 1, and
 * covers well with few trials.
 *
 * @returns null if it is no proportion: there are no trials, or more successes than trials.
 */
export function wilsonInterval(successes: number, trials: number): Interval | null {
  if (!(trials > 0) || successes < 0 || successes > trials) return null;
  const rate = successes / trials;
  const factor = z ** 2 / trials;
  const center = (rate + factor / 2) / (1 + factor);
  const half = ((z / (1 + factor)) * Math.sqrt(rate * (1 - rate) + factor / 4)) / Math.sqrt(trials);
  return {
    lower: successes === 0 ? 0 : Math.max(0, center - half),
    upper: successes === trials ? 1 : Math.min(1, center + half),
  };
}
