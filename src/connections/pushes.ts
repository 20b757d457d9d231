import type { LastPushRecord } from '../db/ledger/queries/last-pushes.ts';
import type { RowRecord } from '../db/ledger/queries/rows.ts';
import { instantOrNull } from '../domain/instant.ts';
import { refusalText } from '../push/guards/build.ts';
import type { RunRecord } from '../push/ledger.ts';
import { goneReason } from '../push/record/gone-rows.ts';
import { staleReason } from '../push/record/stale-rows.ts';
import type { MetricsValues } from '../push/types.ts';
import type { PushProgress, PushRun } from '../schema/push-run.ts';
import type { LastPush, PushedMetrics, PushRow } from '../schema/push-values.ts';

/** The largest GraphQL Int. */
const maxInt = 2 ** 31 - 1;

/** A run as the API shows it. */
export function toRun(run: RunRecord, now: Date): PushRun {
  return {
    id: run.id,
    state: run.state,
    dryRun: run.isDryRun,
    build: run.build.id,
    version: run.build.version,
    planHash: run.planHash,
    idempotencyKey: run.idempotencyKey,
    requestedBy: run.requestedBy,
    note: run.note,
    // An override is part of the request for the run.
    override: run.override && { ...run.override, at: run.startedAt },
    cancelled: run.cancelled,
    findings: [...run.findings],
    refusal: run.state === 'REFUSED' ? refusalText(run.findings) : null,
    reason: reasonOf(run),
    retryOf: run.retryOf,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    rowsDeletedAt: run.rowsDeletedAt,
    counts: run.counts,
    progress: progressOf(run, now),
  };
}

/** Why a run ended early, or has rows that are stale or gone; null if neither. */
function reasonOf(run: RunRecord): string | null {
  if (run.finishedAt === null) return run.finishReason;
  const early = run.finishReason === null ? null : `${run.finishReason}.`;
  const ofRows = [staleReason(run), goneReason(run)].filter((reason) => reason !== null);
  return ofRows.length === 0 ? run.finishReason : [early, ...ofRows].filter((reason) => reason !== null).join(' ');
}

/** @param now the rate of a running run depends on it. */
export function progressOf(run: RunRecord, now: Date): PushProgress {
  const { planned, pending } = run.counts;
  const settled = planned - pending;
  const until = run.finishedAt === null ? now.getTime() : Date.parse(run.finishedAt);
  const seconds = Math.max(0.001, (until - Date.parse(run.startedAt)) / 1000);
  const rowsPerSecond = settled === 0 ? null : settled / seconds;
  const isRunning = run.state === 'RUNNING';
  return {
    settled,
    sent: run.sent,
    requests: run.attempts,
    rowsPerSecond,
    secondsLeft: !isRunning ? 0 : rowsPerSecond === null ? null : Math.min(maxInt, Math.ceil(pending / rowsPerSecond)),
    lastFailure: run.lastFailure?.reason ?? null,
    lastFailureAt: run.lastFailure?.at ?? null,
    nextAttemptAt: run.nextAttemptAt,
  };
}

/** A row of a run as the API shows it. */
export function toRow(row: RowRecord, version: number): PushRow {
  return {
    iterationId: row.iterationId,
    strategyId: row.strategyId,
    state: row.state,
    version,
    old: row.old && shown(row.old),
    new: shown(row.new),
    code: row.code,
    message: row.message,
    settledAt: row.endedAt,
  };
}

/** An iteration's last push as the API shows it. */
export function toLastPush({ receipt, row }: LastPushRecord): LastPush {
  return {
    accepted: receipt && { ...receipt, values: shown(receipt.values) },
    runId: row?.runId ?? null,
    state: row?.state ?? null,
    version: row?.version ?? null,
    code: row?.code ?? null,
    message: row?.message ?? null,
    settledAt: row?.endedAt ?? null,
  };
}

/** Values as the API shows them. Copied, because the lists in the schema's types are mutable. */
export const shown = (values: MetricsValues): PushedMetrics => ({
  ...values,
  firstConversionAt: instantOrNull(values.firstConversionAt),
  lastConversionAt: instantOrNull(values.lastConversionAt),
  byGoal: [...values.byGoal],
});
