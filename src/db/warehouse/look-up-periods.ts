import { plusDays } from '../../domain/instant.ts';

/** Where to look for a row in a source: its id, and the time that it happened, half-open. At most `maxDays` long. */
export interface SourceLookUp {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** Look-ups that one statement makes, and the period that covers them. */
export interface LookUpPeriod {
  readonly from: string;
  readonly to: string;
  readonly lookUps: readonly SourceLookUp[];
}

/** Maximum length of a period. A source without an index on its ids is read in the whole period. */
export const maxDays = 40;

/** Maximum periods, and with them statements, for a batch. */
export const maxPeriods = 3;

/** A look-up that is in none of the periods of its batch. */
export class LookUpTooFar extends Error {
  override readonly name = 'LookUpTooFar';

  constructor() {
    super(`The look-ups of a batch are in more than ${maxPeriods} periods of ${maxDays} days`);
  }
}

/**
 * Divides look-ups into few short periods, the latest first. Look-ups that do not fit into them are in none.
 */
export function lookUpPeriods(lookUps: readonly SourceLookUp[]): LookUpPeriod[] {
  const periods: { from: string; readonly to: string; readonly lookUps: SourceLookUp[] }[] = [];
  // From the latest end backwards, so a period's end is that of its first look-up.
  for (const lookUp of lookUps.toSorted((one, other) => (one.to < other.to ? 1 : one.to > other.to ? -1 : 0))) {
    const period = periods.find(({ to }) => lookUp.from >= plusDays(to, -maxDays));
    if (period) {
      period.lookUps.push(lookUp);
      if (lookUp.from < period.from) period.from = lookUp.from;
    } else if (periods.length < maxPeriods) {
      periods.push({ from: lookUp.from, to: lookUp.to, lookUps: [lookUp] });
    }
  }
  return periods;
}
