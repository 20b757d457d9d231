import type { Sent } from '../ports.ts';
import type { Batch, RowResult } from '../types.ts';
import { backoff } from './backoff.ts';
import type { DeliveryLimits } from './limits.ts';

/** What the ledger is told after a sending. */
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
  /** Why the whole run has to end; null: it goes on. */
  readonly giveUp: string | null;
}

/** What a batch has behind it, and its run before it. */
export interface Circumstances {
  /** Whether an earlier sending may have arrived. */
  readonly hadArrived: boolean;
  /** Until the run must end. */
  readonly remainingMilliseconds: number;
  readonly limits: Pick<DeliveryLimits, 'attempts' | 'backoff' | 'retryAfterMaxMilliseconds'>;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: number;
}

/**
 * What follows from the end of a request.
 *
 * @param batch as it was before this sending: `attempts` does not count it yet.
 */
export function nextStep(batch: Batch, sent: Sent, circumstances: Circumstances): NextStep {
  const { hadArrived, remainingMilliseconds, limits } = circumstances;
  switch (sent.kind) {
    case 'answered':
      return goOn({ kind: 'settle', results: sent.results });
    case 'refused':
      if (batch.rows.length > 1) return goOn({ kind: 'split' });
      return goOn({ kind: 'settle', results: allOf(batch, 'REJECTED', sent.code, sent.message) });
    case 'fatal':
      return {
        step: { kind: 'postpone', milliseconds: 0, reason: sent.reason, mayHaveArrived: hadArrived },
        giveUp: sent.reason,
      };
    case 'failed': {
      const step = afterFailure(batch, sent, circumstances);
      // Without a Retry-After it is only the time limit that ends the run.
      if (pauseOf(sent, limits) <= Math.max(0, remainingMilliseconds)) return goOn(step);
      return { step, giveUp: exceedsRun(sent.retryAfterMilliseconds ?? 0, sent.reason) };
    }
  }
}

/** Why a run ends that has no time for a Retry-After. @param cause the answer that it came with; null: another run's. */
export function exceedsRun(retryAfterMilliseconds: number, cause: string | null): string {
  const seconds = Math.ceil(retryAfterMilliseconds / 1000);
  const what = `AdSuite's Retry-After (${seconds} s) exceeds this run's time limit`;
  return cause === null ? what : `${what}: ${cause}`;
}

/** The end of a batch that was sent as often as it may be, and that may have arrived. */
export function unanswered(batch: Batch, reason: string): Step {
  return { kind: 'settle', results: allOf(batch, 'UNKNOWN', null, reason) };
}

function afterFailure(batch: Batch, sent: Sent & { kind: 'failed' }, circumstances: Circumstances): Step {
  const { limits, random, hadArrived } = circumstances;
  const attempts = batch.attempts + 1;
  const mayHaveArrived = hadArrived || sent.mayHaveArrived;
  if (mayHaveArrived && attempts >= limits.attempts) return unanswered(batch, sent.reason);
  const milliseconds = Math.max(backoff(attempts, limits.backoff, random), pauseOf(sent, limits));
  return { kind: 'postpone', milliseconds, reason: sent.reason, mayHaveArrived };
}

/** What a Retry-After delays a batch by, in milliseconds. Bounded, as the throttle is. */
function pauseOf(sent: Sent & { kind: 'failed' }, limits: Circumstances['limits']): number {
  return Math.min(sent.retryAfterMilliseconds ?? 0, limits.retryAfterMaxMilliseconds);
}

function goOn(step: Step): NextStep {
  return { step, giveUp: null };
}

function allOf(batch: Batch, state: RowResult['state'], code: string | null, message: string): RowResult[] {
  return batch.rows.map(({ iterationId }) => ({ iterationId, state, code, message }));
}
