import { createHash, randomUUID } from 'node:crypto';
import type { CountedBuild, NewRun, RunRecord } from '../ledger.ts';
import { canonicalSelection } from '../plan/selection.ts';
import type { SourceBuild } from '../plan/source.ts';
import type { PushSelection } from '../types.ts';

export interface Requester {
  /** With authentication, the verified name of the caller; else as the caller states. */
  readonly requestedBy: string;
  /** Whether `requestedBy` is verified. */
  readonly isVerified: boolean;
  /** What an authenticated caller states, for the record; null if nothing. Not verified. */
  readonly note: string | null;
  /** How long the caller waits for the end of the run: 0 to 120 seconds. The run continues afterwards. */
  readonly waitSeconds: number;
}

export interface RetryInput extends Requester {
  /** The same key of the same requester for the same run is the same retry. */
  readonly idempotencyKey: string | null;
}

export interface PushInput extends Requester {
  readonly selection: PushSelection;
  /** Send exactly the plan with this hash; null: send any plan. */
  readonly planHash: string | null;
  /** Record the plan as a finished run, and send nothing. */
  readonly dryRun: boolean;
  /** Why to send despite findings of the guards; null: don't. */
  readonly override: { readonly reason: string } | null;
  /** The same key with the same input of the same requester is the same run. */
  readonly idempotencyKey: string | null;
}

/** Compares inputs under the same key. The note, the time to wait and the order of ids make no difference. */
export function inputHash({ selection, planHash, dryRun, override }: PushInput): string {
  return hashOf(['push', canonicalSelection(selection), planHash, dryRun, override?.reason ?? null]);
}

export const retryHash = (runId: string): string => hashOf(['retry', runId]);

const hashOf = (content: unknown): string => createHash('sha256').update(JSON.stringify(content)).digest('hex');

/** The run of a push of a build. */
export function newRun(build: SourceBuild, input: PushInput): NewRun {
  const { requestedBy, isVerified, note, override, dryRun, idempotencyKey } = input;
  return {
    id: randomUUID(),
    idempotencyKey,
    inputHash: inputHash(input),
    selection: canonicalSelection(input.selection),
    build: countedBuild(build),
    dryRun,
    requestedBy,
    isVerified,
    note,
    override: override && { reason: override.reason, by: requestedBy },
    retryOf: null,
  };
}

/** The run that retries another one. */
export function retryRun(
  { id, selection, build }: RunRecord,
  { requestedBy, isVerified, note, idempotencyKey }: RetryInput,
): NewRun {
  return {
    id: randomUUID(),
    idempotencyKey,
    inputHash: retryHash(id),
    selection,
    build,
    dryRun: false,
    requestedBy,
    isVerified,
    note,
    override: null,
    retryOf: id,
  };
}

const countedBuild = ({ id, version, asOf, conversions, attributed }: SourceBuild): CountedBuild => ({
  id,
  version,
  asOf,
  conversions,
  attributed,
});
