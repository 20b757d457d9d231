import type { GoalValues, MetricsValues } from '../../push/types.ts';

/** An iteration's values as JSON in one line. Equal values are equal texts, whatever the order of an object's keys. */
export function valuesText(values: MetricsValues): string {
  const { clicks, conversions, payout, firstConversionAt, lastConversionAt, byGoal } = values;
  return JSON.stringify({
    clicks,
    conversions,
    payout,
    firstConversionAt,
    lastConversionAt,
    byGoal: byGoal.map(
      ({ goalReferenceId, conversions, payout }): GoalValues => ({ goalReferenceId, conversions, payout }),
    ),
  });
}

/** Somebody else's text as PostgreSQL can keep it: it knows no NUL. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}

/** A PostgreSQL array of texts that need no quotes: numbers, instants, names of states. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join()}}`;
}
