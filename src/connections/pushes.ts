import type { LastPushRecord } from '../db/ledger/queries/last-pushes.ts';
import type { RowRecord } from '../db/ledger/queries/rows.ts';
import { instantOrNull } from '../domain/instant.ts';
import { refusalText } from '../push/guards/build.ts';
import type { RunRecord } from '../push/ledger.ts';
import { endReason } from '../push/record/run-end.ts';
import type { MetricsValues } from '../push/types.ts';
import type { PushProgress } from '../schema/push-progress.ts';
import type { PushRun } from '../schema/push-run.ts';
import type { LastPush, PushedMetrics, PushRow } from '../schema/push-values.ts';

/** The largest GraphQL Int. */
const maxInt = 2 ** 31 - 1;

/** A run as the API shows it. */
export function toRun(run: RunRecord): PushRun {
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
    resumed: run.resumed,
    totals: run.totals,
    findings: [...run.findings],
    refusal: run.state === 'REFUSED' ? refusalText(run.findings) : null,
    reason: endReason(run),
    retryOf: run.retryOf,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    rowsDeletedAt: run.rowsDeletedAt,
    counts:
      run.state === 'REFUSED'
        ? { ...run.counts, planned: run.totals.changed, pending: run.totals.changed }
        : run.counts,
    rowCounts: run.counts,
    progress: progressOf(run),
  };
}

export function progressOf(run: RunRecord): PushProgress {
  const { planned, pending } = run.counts;
  const settled = planned - pending;
  const seconds = Math.max(0.001, run.ageMilliseconds / 1000);
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
    waitingFor: run.nextAttemptCause,
    circuitBreaker: run.breaker,
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

const none = () => null;
/** AdSuite gets no rates. */
const withoutRates = {
  convertedClicks: none,
  conversionsPerClick: none,
  clickConversionRate: none,
  clickConversionInterval: none,
};

/** Values as the API shows them. Copied, because the lists in the schema's types are mutable. */
export const shown = (values: MetricsValues): PushedMetrics => ({
  ...values,
  firstConversionAt: instantOrNull(values.firstConversionAt),
  lastConversionAt: instantOrNull(values.lastConversionAt),
  byGoal: values.byGoal.map((goal) => ({ ...goal, ...withoutRates })),
});
