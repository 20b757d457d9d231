import type { DeliveryLimits } from '../../config/push.ts';
import type { Sent } from '../ports.ts';
import type { Batch, RowResult } from '../types.ts';
import { markGone } from './gone.ts';

/** What to record after a request. */
export type Step =
  | { readonly kind: 'settle'; readonly results: readonly RowResult[] }
  | { readonly kind: 'split' }
  | {
      readonly kind: 'postpone';
      readonly milliseconds: number;
      readonly reason: string;
      readonly mayHaveArrived: boolean;
    };

export interface NextStep {
  readonly step: Step;
  /** Why the whole run has to end; null: it continues. */
  readonly giveUp: string | null;
}

export interface RetryCircumstances {
  /** Whether an earlier attempt may have arrived. */
  readonly hadArrived: boolean;
  /** Until the run's time limit. */
  readonly remainingMilliseconds: number;
  readonly limits: Pick<DeliveryLimits, 'attempts' | 'backoff' | 'retryAfterMaxMilliseconds'>;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: number;
}

/**
 * Decides what follows the outcome of a request: settle, split or retry.
 *
 * @param batch as it was before the attempt: `attempts` does not count it yet.
 */
export function nextStep(batch: Batch, sent: Sent, circumstances: RetryCircumstances): NextStep {
  const { hadArrived, remainingMilliseconds, limits } = circumstances;
  switch (sent.kind) {
    case 'answered':
      return goOn({ kind: 'settle', results: markGone(batch, sent.results) });
    case 'refused':
      if (batch.rows.length > 1) return goOn({ kind: 'split' });
      return goOn({
        kind: 'settle',
        results: markGone(batch, sameForAll(batch, 'REJECTED', sent.code, sent.message)),
      });
    case 'fatal':
      return {
        step: { kind: 'postpone', milliseconds: 0, reason: sent.reason, mayHaveArrived: hadArrived },
        giveUp: sent.reason,
      };
    case 'failed': {
      const step = afterFailure(batch, sent, circumstances);
      // Without a Retry-After only the run's time limit ends it.
      if (pauseOf(sent, limits) <= Math.max(0, remainingMilliseconds)) return goOn(step);
      return { step, giveUp: exceedsRun(sent.retryAfterMilliseconds ?? 0, sent.reason) };
    }
  }
}

/** Why a run ends whose time limit comes before a Retry-After. @param cause the failed answer; null: that of another run. */
export function exceedsRun(retryAfterMilliseconds: number, cause: string | null): string {
  const seconds = Math.ceil(retryAfterMilliseconds / 1000);
  const what = `AdSuite's Retry-After (${seconds} s) exceeds this run's time limit`;
  return cause === null ? what : `${what}: ${cause}`;
}

/** The end of a batch that has used all its attempts and may have arrived. */
export function unanswered(batch: Batch, reason: string): Step {
  return { kind: 'settle', results: sameForAll(batch, 'UNKNOWN', null, reason) };
}

/**
 * The wait after the nth failure, in milliseconds: random between 0 and the bound for that failure ("full jitter"), so that
 * batches that failed together are not retried together.
 *
 * @param failures 1 after the first.
 * @param random from 0 (inclusive) to 1 (exclusive).
 */
export function backoff(failures: number, limits: DeliveryLimits['backoff'], random: number): number {
  return Math.floor(random * Math.min(limits.capMilliseconds, limits.baseMilliseconds * 2 ** (failures - 1)));
}

function afterFailure(batch: Batch, sent: Sent & { kind: 'failed' }, circumstances: RetryCircumstances): Step {
  const { limits, random, hadArrived } = circumstances;
  const attempts = batch.attempts + 1;
  const mayHaveArrived = hadArrived || sent.mayHaveArrived;
  if (mayHaveArrived && attempts >= limits.attempts) return unanswered(batch, sent.reason);
  const milliseconds = Math.max(backoff(attempts, limits.backoff, random), pauseOf(sent, limits));
  return { kind: 'postpone', milliseconds, reason: sent.reason, mayHaveArrived };
}

/** How long a Retry-After delays a batch, in milliseconds, up to the same limit as in the throttle. */
function pauseOf(sent: Sent & { kind: 'failed' }, limits: RetryCircumstances['limits']): number {
  return Math.min(sent.retryAfterMilliseconds ?? 0, limits.retryAfterMaxMilliseconds);
}

function goOn(step: Step): NextStep {
  return { step, giveUp: null };
}

function sameForAll(batch: Batch, state: RowResult['state'], code: string | null, message: string): RowResult[] {
  return batch.rows.map(({ iterationId }) => ({ iterationId, state, code, message }));
}
