import { createHash } from 'node:crypto';
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
 * The body of a batch, a MetricsPush of the contract. Equal batches give equal bytes, in whatever order their rows come from
 * the ledger; the number of the batch and its attempts are no part of it. Values go as they were recorded, without being read.
 */
export function requestBody(batch: Batch): RequestBody {
  const head = JSON.stringify({ runId: batch.runId, build: batch.build.id, asOf: batch.build.asOf });
  const rows = batch.rows.toSorted(byId).map(rowContent);
  const bytes = new TextEncoder().encode(`${head.slice(0, -1)},"metrics":[${rows.join()}]}`);
  const key = createHash('sha256').update(bytes).digest('hex');
  return { bytes, key, fits: batch.rows.length <= mostRows && bytes.length <= mostBytes };
}

/** The text of values is a whole object; what is the row's own comes before its fields. */
function rowContent({ iterationId, strategyId, version, valuesText }: OutboxRow): string {
  const own = JSON.stringify({ iterationId, strategyId, version });
  return `${own.slice(0, -1)},${valuesText.slice(1)}`;
}

/** Any order will do that does not depend on where the rows come from. This one is that of the numbers. */
function byId(one: OutboxRow, other: OutboxRow): number {
  const [a, b] = [one.iterationId, other.iterationId];
  return a.length - b.length || (a < b ? -1 : 1);
}
