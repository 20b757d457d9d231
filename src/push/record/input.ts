import { createHash } from 'node:crypto';
import { canonicalSelection } from '../plan/plan.ts';
import type { PushSelection } from '../types.ts';

/** Who asks for a run, and how long they wait for its end: 0 to 120 seconds. The run goes on either way. */
export interface Caller {
  /** As the caller says; nobody checks it yet. */
  readonly requestedBy: string;
  readonly waitSeconds: number;
}

/** What a caller asks to be sent once more. */
export interface RetryInput extends Caller {
  /** The same key for the same run is the same retry, however often it comes. */
  readonly idempotencyKey: string | null;
}

/** What a caller asks to be pushed, and under which conditions. */
export interface PushInput extends Caller {
  readonly selection: PushSelection;
  /** Send exactly the plan of this hash; null: whatever there is. */
  readonly planHash: string | null;
  /** Record the plan as a run that has ended, and send nothing. */
  readonly dryRun: boolean;
  /** Why it is sent although guards find something; null: it is not. */
  readonly override: { readonly reason: string } | null;
  /** The same key with the same input is the same run, however often it comes. */
  readonly idempotencyKey: string | null;
}

/**
 * Tells one input from another under the same key. Who asks, and how long they wait, makes no other push of it; nor does
 * the order of ids.
 */
export function inputHash({ selection, planHash, dryRun, override }: PushInput): string {
  return hashOf(['push', canonicalSelection(selection), planHash, dryRun, override?.reason ?? null]);
}

/** The same for a retry of a run. */
export const retryHash = (runId: string): string => hashOf(['retry', runId]);

const hashOf = (content: unknown): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');
