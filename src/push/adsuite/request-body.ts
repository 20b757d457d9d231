import { createHash } from 'node:crypto';
import type { MetricsPush } from '../../adsuite-api.ts';
import type { Batch, OutboxRow } from '../types.ts';

/** What the contract allows in one request. */
const mostRows = 1000;
const mostBytes = 1_048_576;

/** A request as it is sent. */
export interface RequestBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The idempotency key: the SHA-256 of the bytes, so that it stands for this content and no other. */
  readonly key: string;
  /** Whether the contract has room for it. */
  readonly fits: boolean;
}

/**
 * The body of a batch. Equal batches give equal bytes, in whatever order their rows and fields come from the ledger; the
 * number of the batch and its attempts are no part of it.
 */
export function requestBody(batch: Batch): RequestBody {
  const content: MetricsPush = {
    runId: batch.runId,
    build: batch.build.id,
    asOf: batch.build.asOf,
    metrics: batch.rows.toSorted(byId).map(rowContent),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  const key = createHash('sha256').update(bytes).digest('hex');
  return { bytes, key, fits: batch.rows.length <= mostRows && bytes.length <= mostBytes };
}

function rowContent({ iterationId, strategyId, version, values }: OutboxRow): MetricsPush['metrics'][number] {
  return {
    iterationId,
    strategyId,
    version,
    clicks: values.clicks,
    conversions: values.conversions,
    payout: values.payout,
    firstConversionAt: values.firstConversionAt,
    lastConversionAt: values.lastConversionAt,
    byGoal: values.byGoal.map(({ goalReferenceId, conversions, payout }) => ({ goalReferenceId, conversions, payout })),
  };
}

/** Any order will do that does not depend on where the rows come from. This one is that of the numbers. */
function byId(one: OutboxRow, other: OutboxRow): number {
  const [a, b] = [one.iterationId, other.iterationId];
  return a.length - b.length || (a < b ? -1 : 1);
}
