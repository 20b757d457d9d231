import { z } from 'zod';
import type { GoalMetrics, IterationMetrics, MetricsPush } from '../../adsuite-api.ts';

// The form of a request, as the contract has it. A test compares it with the contract, request by request.

const id = z.string().regex(/^-?(0|[1-9][0-9]{0,18})$/, 'must be a whole number of 64 bits as text');
const count = z.int().nonnegative();
const amount = z
  .string()
  .regex(/^-?(0|[1-9][0-9]{0,19})\.[0-9]{4}$/, 'must be a decimal number with four digits after the point');
const instant = z.iso.datetime({ precision: 6, error: 'must be like 2026-01-08T10:18:24.372261Z' });
const name = z.string().min(1).max(200);

const goal = z.object({
  goalReferenceId: z.string().max(256).nullable(),
  conversions: count,
  payout: amount,
}) satisfies z.ZodType<GoalMetrics>;

const iteration = z.object({
  iterationId: id,
  strategyId: id,
  version: z.int().min(1),
  clicks: count,
  conversions: count,
  payout: amount,
  firstConversionAt: instant.nullable(),
  lastConversionAt: instant.nullable(),
  byGoal: z.array(goal),
}) satisfies z.ZodType<IterationMetrics>;

const push = z.object({
  runId: name,
  build: name,
  asOf: instant,
  metrics: z.array(iteration).min(1),
}) satisfies z.ZodType<MetricsPush>;

/** Reads a body; a fault says what is wrong with it. Fields that the contract does not have are left out. */
export function readPush(body: unknown): { readonly push: MetricsPush } | { readonly fault: string } {
  const parsed = push.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { fault: `${issue?.path.join('.') || 'the body'}: ${issue?.message}` };
  }
  const seen = new Set<string>();
  for (const { iterationId } of parsed.data.metrics) {
    if (seen.has(iterationId)) return { fault: `metrics: iteration ${iterationId} comes twice` };
    seen.add(iterationId);
  }
  return { push: parsed.data };
}

/** What in a row contradicts itself; null for nothing. */
export function contradictionIn(row: IterationMetrics): string | null {
  const { conversions, payout, firstConversionAt: first, lastConversionAt: last, byGoal } = row;
  if ((first === null) !== (conversions === 0) || (last === null) !== (conversions === 0)) {
    return 'there must be a first and a last conversion exactly where there are conversions';
  }
  if (first !== null && last !== null && first > last) return 'the first conversion is after the last';
  if (new Set(byGoal.map(({ goalReferenceId }) => goalReferenceId)).size < byGoal.length) return 'a goal comes twice';
  if (byGoal.reduce((sum, goal) => sum + goal.conversions, 0) !== conversions) {
    return 'the conversions of byGoal do not add up to conversions';
  }
  if (byGoal.reduce((sum, goal) => sum + tenThousandths(goal.payout), 0n) !== tenThousandths(payout)) {
    return 'the payouts of byGoal do not add up to payout';
  }
  return null;
}

function tenThousandths(payout: string): bigint {
  return BigInt(payout.replace('.', ''));
}
