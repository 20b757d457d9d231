import { randomUUID } from 'node:crypto';
import type { BuildRow } from '../../db/warehouse/queries/builds.ts';
import type { NewRun } from '../ledger.ts';
import { countsOf, pushBuild } from '../plan/guarded-plan.ts';
import { canonicalSelection } from '../plan/plan.ts';
import { inputHash, type PushInput, type RetryInput, retryHash } from './input.ts';
import type { RecordedRun } from './runs.ts';

/** The run of a push of a build. */
export function newRun(build: BuildRow, input: PushInput): NewRun {
  const { requestedBy, override, dryRun, idempotencyKey } = input;
  return {
    id: randomUUID(),
    idempotencyKey,
    inputHash: inputHash(input),
    selection: canonicalSelection(input.selection),
    build: { ...pushBuild(build), ...countsOf(build) },
    dryRun,
    requestedBy,
    override: override && { reason: override.reason, by: requestedBy },
    retryOf: null,
  };
}

/** The run that sends the rest of another one. */
export function retryOf({ id, selection, build }: RecordedRun, { requestedBy, idempotencyKey }: RetryInput): NewRun {
  return {
    id: randomUUID(),
    idempotencyKey,
    inputHash: retryHash(id),
    selection,
    build,
    dryRun: false,
    requestedBy,
    override: null,
    retryOf: id,
  };
}
