import { createHash } from 'node:crypto';
import { maxAdsuiteRequestBytes, maxAdsuiteRows } from '../../domain/adsuite-limits.ts';
import { compareIds } from '../../domain/ids.ts';
import type { Batch, OutboxRow } from '../types.ts';

/** A request's body, ready to send. */
export interface RequestBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The idempotency key: the SHA-256 of the bytes. */
  readonly key: string;
  /** Whether it is within the contract's limits. */
  readonly fits: boolean;
}

/**
 * The body of a batch, a MetricsPush of the contract. Batches with the same rows give the same bytes, whatever the order of the
 * rows; the batch's number and attempts are not included. Recorded values are copied without parsing.
 */
export function requestBody(batch: Batch): RequestBody {
  const head = JSON.stringify({ runId: batch.runId, build: batch.build.id, asOf: batch.build.asOf });
  // Any order that depends only on the ids would do.
  const rows = batch.rows.toSorted((one, other) => compareIds(one.iterationId, other.iterationId)).map(rowContent);
  const bytes = new TextEncoder().encode(`${head.slice(0, -1)},"metrics":[${rows.join()}]}`);
  const key = createHash('sha256').update(bytes).digest('hex');
  return { bytes, key, fits: batch.rows.length <= maxAdsuiteRows && bytes.length <= maxAdsuiteRequestBytes };
}

/** Inserts the row's own fields before those of `valuesText`, which is a complete JSON object. */
function rowContent({ iterationId, strategyId, version, valuesText }: OutboxRow): string {
  const own = JSON.stringify({ iterationId, strategyId, version });
  return `${own.slice(0, -1)},${valuesText.slice(1)}`;
}
