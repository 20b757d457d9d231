import type { CauseCountRow } from '../db/warehouse/queries/history-causes.ts';
import type { IterationChangeRow, MoveRow } from '../db/warehouse/queries/history-diff.ts';
import type { CauseCount, ConversionMove, IterationChange } from '../schema/build-diff.ts';

/** What changed from what to what, as the API shows it. */
export const toMove = (row: MoveRow): ConversionMove => ({
  statusBefore: row.before_status,
  iterationIdBefore: row.before_iteration_id,
  statusAfter: row.after_status,
  iterationIdAfter: row.after_iteration_id,
  conversions: Number(row.conversions),
  payoutBefore: row.before_payout,
  payoutAfter: row.after_payout,
});

/** What an iteration gained and lost, as the API shows it. */
export const toIterationChange = (row: IterationChangeRow): IterationChange => ({
  iterationId: row.iteration_id,
  gained: Number(row.gained),
  lost: Number(row.lost),
  corrected: Number(row.corrected),
  payoutGained: row.payout_gained,
  payoutLost: row.payout_lost,
  payoutCorrected: row.payout_corrected,
});

/** The conversions that changed for each cause, as the API shows them: most first, then by name. */
export const causeCountsInOrder = (rows: readonly CauseCountRow[]): CauseCount[] =>
  rows
    .map(({ cause, conversions }) => ({ cause, conversions: Number(conversions) }))
    .toSorted((one, other) => other.conversions - one.conversions || (one.cause < other.cause ? -1 : 1));
