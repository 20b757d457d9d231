import { z } from 'zod';
import type { GoalMetrics, HeldMetricsPage, IterationMetrics } from '../../adsuite-api.ts';
import { jsonOf } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { troubleOf } from './outcome.ts';
import type { Words } from './sanitize.ts';

/** A page of what AdSuite holds, or why there is none. */
export type ReadBack =
  /** In the order of ids, as numbers. `nextCursor` is null at the end. */
  | { readonly kind: 'page'; readonly metrics: readonly IterationMetrics[]; readonly nextCursor: string | null }
  /** This AdSuite can't be read back. */
  | { readonly kind: 'not offered' }
  /** Perhaps later. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMilliseconds: number | null }
  /** No further request makes sense. */
  | { readonly kind: 'fatal'; readonly reason: string };

const id = z.string().regex(/^-?\d{1,19}$/);
const count = z.int().nonnegative();
const amount = z.string().regex(/^-?\d{1,20}\.\d{4}$/);
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .nullable();

const page = z.object({
  metrics: z.array(
    z.object({
      iterationId: id,
      strategyId: id,
      version: z.int().positive(),
      clicks: count,
      conversions: count,
      payout: amount,
      firstConversionAt: instant,
      lastConversionAt: instant,
      byGoal: z.array(
        z.object({
          goalReferenceId: z.string().nullable(),
          conversions: count,
          payout: amount,
        } satisfies Record<keyof GoalMetrics, z.ZodType>),
      ),
    } satisfies Record<keyof IterationMetrics, z.ZodType>),
  ),
  nextCursor: z.string().nullable(),
} satisfies Record<keyof HeldMetricsPage, z.ZodType>);

/** What the end of a GET means. @param cursor the one that was sent. */
export function readBackOf(ended: Exchange, cursor: string | null, words: Words, now: Date): ReadBack {
  if (ended.kind === 'answer' && [404, 405, 501].includes(ended.status)) return { kind: 'not offered' };
  if (ended.kind !== 'answer' || ended.status !== 200) {
    const trouble = troubleOf(ended, words, now);
    if (trouble.kind !== 'refused') return trouble;
    return { kind: 'fatal', reason: `AdSuite refuses to be read (${trouble.code}: ${trouble.message})` };
  }
  const read = jsonOf(ended.headers, ended.body);
  const failed = (fault: string) =>
    ({
      kind: 'failed',
      reason: words(`AdSuite answered 200, but ${fault}`, 500),
      retryAfterMilliseconds: null,
    }) as const;
  if ('fault' in read) return failed(read.fault);
  const parsed = page.safeParse(read.json);
  if (!parsed.success)
    return failed(`it is not of the form of the contract (${parsed.error.issues[0]?.path.join('.')})`);
  const { metrics, nextCursor } = parsed.data;
  // Whoever follows it would never come to an end.
  if (nextCursor !== null && nextCursor === cursor) return failed('its cursor leads to the same page');
  return { kind: 'page', metrics, nextCursor };
}
