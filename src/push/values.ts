import { decimal, tenThousandths } from '../domain/decimal.ts';
import { compareGoalIds } from '../domain/ids.ts';
import { parseInstant } from '../domain/instant.ts';
import type { GoalValues, MetricsValues } from './types.ts';

/** What AdSuite is sent for an iteration that is no longer in the build. */
export const noValues: MetricsValues = {
  clicks: 0,
  conversions: 0,
  payout: '0.0000',
  firstConversionAt: null,
  lastConversionAt: null,
  byGoal: [],
};

/** Whether there is a click or a conversion. */
export const hasActivity = ({ clicks, conversions }: MetricsValues): boolean => clicks > 0 || conversions > 0;

/**
 * The canonical text of values: equal values have equal texts. The order of goals, trailing zeros of a payout and the offset
 * of an instant make no difference. It is JSON in one line, with the fields of the AdSuite contract in its order.
 *
 * @throws {SyntaxError} if a payout is not an exact decimal.
 */
export function valuesText({
  clicks,
  conversions,
  payout,
  firstConversionAt,
  lastConversionAt,
  byGoal,
}: MetricsValues): string {
  const canonical: MetricsValues = {
    clicks,
    conversions,
    payout: canonicalDecimal(payout),
    firstConversionAt: canonicalInstant(firstConversionAt),
    lastConversionAt: canonicalInstant(lastConversionAt),
    byGoal: inOrderOfGoals(byGoal).map((goal) => ({
      goalReferenceId: goal.goalReferenceId,
      conversions: goal.conversions,
      payout: canonicalDecimal(goal.payout),
    })),
  };
  return JSON.stringify(canonical);
}

export const areSameValues = (one: MetricsValues, other: MetricsValues): boolean =>
  valuesText(one) === valuesText(other);

/** Orders goals for MetricsValues: by id as text, those without an id last. */
export function inOrderOfGoals(goals: readonly GoalValues[]): readonly GoalValues[] {
  // Most are in order already. To sort a copy of two goals takes longer than the rest of an iteration.
  const isInOrder = goals.every((goal, index) => {
    const before = goals[index - 1];
    return before === undefined || compareGoalIds(before.goalReferenceId, goal.goalReferenceId) <= 0;
  });
  return isInOrder ? goals : goals.toSorted((one, other) => compareGoalIds(one.goalReferenceId, other.goalReferenceId));
}

/** Whether two texts denote the same instant. */
export const isSameInstant = (one: string, other: string): boolean => canonicalInstant(one) === canonicalInstant(other);

/**
 * Text that is not an instant of the years 1 to 9999 is kept unchanged, so that an invalid row stays visible. Text in canonical
 * form, which is all that the warehouse returns, is not parsed: parsing would take most of a plan's time.
 */
function canonicalInstant(text: string | null): string | null {
  if (text === null || (text.length === 27 && text[10] === 'T' && text[26] === 'Z')) return text;
  return parseInstant(text) ?? text;
}

/** Text in canonical form is not parsed. "-0.0000" is not canonical. */
function canonicalDecimal(text: string): string {
  return /^(?:-?[1-9]\d*|0)\.\d{4}$/.test(text) ? text : decimal(tenThousandths(text));
}
