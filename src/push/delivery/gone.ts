import { type Batch, type MetricsValues, type RowResult, unknownIterationCode } from '../types.ts';
import { hasActivity } from '../values.ts';

/**
 * Marks results as GONE: AdSuite does not know the iteration, and its row has no click or conversion, as that of an iteration
 * that was deleted in AdSuite and in the source. There is nothing that AdSuite lacks.
 *
 * A row with values stays REJECTED. If that is no news, the ledger makes it GONE (`DeliveryStore.settle`).
 */
export function markGone({ rows }: Batch, results: readonly RowResult[]): readonly RowResult[] {
  if (!results.some(isUnknown)) return results;
  const texts = new Map(rows.map(({ iterationId, valuesText }) => [iterationId, valuesText]));
  return results.map((result) =>
    isUnknown(result) && isZero(texts.get(result.iterationId)) ? { ...result, state: 'GONE' } : result,
  );
}

const isUnknown = ({ state, code }: RowResult): boolean => state === 'REJECTED' && code === unknownIterationCode;

/** False for a row that was not sent. */
const isZero = (valuesText: string | undefined): boolean =>
  valuesText !== undefined && !hasActivity(JSON.parse(valuesText) as MetricsValues);
