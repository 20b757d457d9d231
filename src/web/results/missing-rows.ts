import type { ResultList } from './result-list.ts';

/**
 * Whether a day or an hour without a row has the value 0: conversions and amounts of a whole list of metrics by day or hour, in
 * which the API omits those without conversions. Their clicks and rates are unknown, as is everything in lists that may be cut or
 * may leave groups out.
 */
export const isZeroWithoutRow = ({ columns, extent, hasBounds }: ResultList, time: string, metric: string): boolean =>
  extent === 'complete' &&
  hasBounds === false &&
  columns.some(({ name, isOuter }) => name === time && !isOuter) &&
  (metric === 'metrics.conversions' || metric === 'metrics.payout');
