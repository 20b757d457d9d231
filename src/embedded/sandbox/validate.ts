import { type IterationMetrics, MetricsPush } from '../../adsuite-contract.ts';
import { tenThousandths } from '../../domain/decimal.ts';

/** Validates a request's body; a fault says what is wrong with it. Fields that are not in the contract are dropped. */
export function readPush(body: unknown): { readonly push: MetricsPush } | { readonly fault: string } {
  const { data, error } = MetricsPush.safeParse(body);
  if (error) {
    const [issue] = error.issues;
    return { fault: `${issue?.path.join('.') || 'the body'}: ${issue?.message}` };
  }
  const seen = new Set<string>();
  for (const { iterationId } of data.metrics) {
    if (seen.has(iterationId)) return { fault: `metrics: iteration ${iterationId} occurs twice` };
    seen.add(iterationId);
  }
  return { push: data };
}

/** How a row contradicts itself; null if it does not. */
export function contradictionIn(row: IterationMetrics): string | null {
  const { conversions, payout, firstConversionAt: first, lastConversionAt: last, byGoal } = row;
  if ((first === null) !== (conversions === 0) || (last === null) !== (conversions === 0)) {
    return 'firstConversionAt and lastConversionAt must be set if there are conversions, and null otherwise';
  }
  if (first !== null && last !== null && first > last) return 'firstConversionAt is after lastConversionAt';
  if (new Set(byGoal.map(({ goalReferenceId }) => goalReferenceId)).size < byGoal.length) return 'a goal occurs twice';
  if (byGoal.reduce((sum, goal) => sum + goal.conversions, 0) !== conversions) {
    return 'the conversions of byGoal do not add up to conversions';
  }
  if (byGoal.reduce((sum, goal) => sum + tenThousandths(goal.payout), 0n) !== tenThousandths(payout)) {
    return 'the payouts of byGoal do not add up to payout';
  }
  return null;
}
