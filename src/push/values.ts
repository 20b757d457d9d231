import { decimal, tenThousandths } from '../domain/decimal.ts';
import { compareGoalIds } from '../domain/ids.ts';
import { parseInstant } from '../domain/instant.ts';
import type { GoalValues, MetricsValues } from './types.ts';

/** What AdSuite is told of an iteration that no build has any more. */
export const noValues: MetricsValues = {
  clicks: 0,
  conversions: 0,
  payout: '0.0000',
  firstConversionAt: null,
  lastConversionAt: null,
  byGoal: [],
};

/** Whether there is anything to tell of an iteration: a click or a conversion. */
export const isSomething = ({ clicks, conversions }: MetricsValues): boolean => clicks > 0 || conversions > 0;

/**
 * The one text of values: equal values have equal texts, whoever wrote them. The order of goals, a payout's trailing
 * zeros and an instant's offset do not tell values apart. It is JSON in one line, with the fields that the contract with
 * AdSuite has, in its order.
 *
 * @throws {SyntaxError} where a payout is not an exact decimal.
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

/** Whether AdSuite would see no difference. */
export const areSameValues = (one: MetricsValues, other: MetricsValues): boolean =>
  valuesText(one) === valuesText(other);

/** Goals as MetricsValues has them: by their ids as texts, the ones without an id last. */
export function inOrderOfGoals(goals: readonly GoalValues[]): readonly GoalValues[] {
  return goals.length < 2
    ? goals
    : goals.toSorted((one, other) => compareGoalIds(one.goalReferenceId, other.goalReferenceId));
}

/** Whether two texts are of one instant. */
export const isSameInstant = (one: string, other: string): boolean => canonicalInstant(one) === canonicalInstant(other);

/**
 * What is no instant of the years 1 to 9999 stands for itself, so that a strange row is seen and not lost. What has the
 * one form already, as all that the warehouse says, is not parsed: that is most of a plan's time otherwise.
 */
function canonicalInstant(text: string | null): string | null {
  if (text === null || (text.length === 27 && text[10] === 'T' && text[26] === 'Z')) return text;
  return parseInstant(text) ?? text;
}

/** The same. Minus nothing is not in the one form. */
function canonicalDecimal(text: string): string {
  return /^(?:-?[1-9]\d*|0)\.\d{4}$/.test(text) ? text : decimal(tenThousandths(text));
}
