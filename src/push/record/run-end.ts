import { refusalText } from '../guards/build.ts';
import type { RunRecord } from '../ledger.ts';
import type { RunState } from '../types.ts';
import { goneReason } from './gone-rows.ts';
import { staleReason } from './stale-rows.ts';

/** Why a run ended early, or has rows that are stale or gone, for display; null if neither. */
export function endReason(run: RunRecord): string | null {
  if (run.finishedAt === null) return run.finishReason;
  const early = run.finishReason === null ? null : `${run.finishReason}.`;
  const ofRows = [staleReason(run), goneReason(run)].filter((reason) => reason !== null);
  return ofRows.length === 0 ? run.finishReason : [early, ...ofRows].filter((reason) => reason !== null).join(' ');
}

/** A line of the log about the end of a run. */
export interface RunEndLine {
  /** warn unless the run succeeded. */
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const messages: Readonly<Record<RunState, string>> = {
  RUNNING: 'push is running',
  SUCCEEDED: 'push succeeded',
  PARTIAL: 'push is partial: AdSuite did not accept all rows',
  FAILED: 'push failed: AdSuite accepted no row',
  CANCELLED: 'push was cancelled',
  REFUSED: 'push was refused by a guard',
};

/** The line of the log about a run that has ended: who asked, the counts, and why it did not succeed. */
export function runEndLine(run: RunRecord): RunEndLine {
  const { id, state, counts, build, requestedBy, note, cancelled, retryOf } = run;
  return {
    level: state === 'SUCCEEDED' ? 'info' : 'warn',
    message: messages[state],
    fields: {
      ...{ run: id, state, reason: reasonFor(run), counts, build: build.id, caller: requestedBy },
      ...(note === null ? {} : { note }),
      ...(cancelled === null ? {} : { cancelledBy: cancelled.by }),
      ...(retryOf === null ? {} : { retryOf }),
    },
  };
}

function reasonFor(run: RunRecord): string | null {
  if (run.state === 'REFUSED') return refusalText(run.findings);
  const reason =
    endReason(run) ?? (run.state === 'CANCELLED' ? `Cancelled by ${run.cancelled?.by ?? 'a caller'}` : null);
  const { rejected, unknown } = run.counts;
  const rows = [
    ...(rejected > 0 ? [`rejected by AdSuite: ${rejected}`] : []),
    ...(unknown > 0 ? [`sent and not answered: ${unknown}`] : []),
  ];
  if (rows.length === 0) return reason;
  const failure = run.lastFailure === null ? '' : `; last failed request: ${run.lastFailure.reason}`;
  return [...(reason === null ? [] : [reason]), `Rows ${rows.join(', ')}${failure}`].join('. ');
}
