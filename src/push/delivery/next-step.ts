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
  readonly limits: Pick<DeliveryLimits, 'attempts' | 'backoff'>;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: number;
}

/**
 * What follows from the end of a request.
 *
 * @param batch as it was before this sending: `attempts` does not count it yet.
 */
export function nextStep(batch: Batch, sent: Sent, circumstances: Circumstances): NextStep {
  const { hadArrived, remainingMilliseconds } = circumstances;
  switch (sent.kind) {
    case 'answered':
      return goOn({ kind: 'settle', results: sent.results });
    case 'refused':
      if (batch.rows.length > 1) return goOn({ kind: 'split' });
      return goOn({ kind: 'settle', results: allOf(batch, 'REJECTED', sent.code, sent.message) });
    case 'hopeless':
      return {
        step: { kind: 'postpone', milliseconds: 0, reason: sent.reason, mayHaveArrived: hadArrived },
        giveUp: sent.reason,
      };
    case 'failed': {
      const step = afterFailure(batch, sent, circumstances);
      const asked = sent.retryAfterMilliseconds ?? 0;
      if (asked <= remainingMilliseconds) return goOn(step);
      const seconds = Math.ceil(asked / 1000);
      return {
        step,
        giveUp: `AdSuite wants to be left alone for ${seconds} s, longer than this run may take: ${sent.reason}`,
      };
    }
  }
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
  const milliseconds = Math.max(backoff(attempts, limits.backoff, random), sent.retryAfterMilliseconds ?? 0);
  return { kind: 'postpone', milliseconds, reason: sent.reason, mayHaveArrived };
}

function goOn(step: Step): NextStep {
  return { step, giveUp: null };
}

function allOf(batch: Batch, state: RowResult['state'], code: string | null, message: string): RowResult[] {
  return batch.rows.map(({ iterationId }) => ({ iterationId, state, code, message }));
}
