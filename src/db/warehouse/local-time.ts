import { type RawBuilder, sql } from 'kysely';
import { instantFromDate } from '../../domain/instant.ts';
import { hourPeriodsWithin, periodsWithin } from '../../domain/time-zones.ts';
import type { InstantRange } from './sql.ts';

// Local days and hours in SQL. The changes of a zone's clock are literals: a warehouse may have another time zone database, or none.
// The expressions are texts, not builders: a zone has two hundred changes in a century, and a builder for each would take long.

/** The local day of a column of instants. `range`: that of the rows, if it is known; it makes the expression shorter. */
export function localDay(column: string, zone: string, range: InstantRange): RawBuilder<string> {
  const time = byPeriod(column, periodsWithin(zone, range), ({ offset }) => shifted(quoted(column), offset));
  return sql.raw(`cast(${time} at time zone 'UTC' as date)`);
}

/** The beginning of the local hour of a column of instants: an instant, so that an hour that repeats is two of them. */
export function localHour(column: string, zone: string, range: InstantRange): RawBuilder<string> {
  const start = byPeriod(column, hourPeriodsWithin(zone, range), ({ from, minutes, isCut }) => {
    const hour = shifted(`date_trunc('hour', ${shifted(quoted(column), minutes)} at time zone 'UTC')`, -minutes);
    return isCut ? `greatest(${hour}, cast('${timestamp(from)}' as timestamp))` : hour;
  });
  return sql.raw(`${start} at time zone 'UTC'`);
}

const quoted = (column: string): string => `"${column}"`;

const shifted = (time: string, minutes: number): string =>
  minutes === 0 ? time : `(${time} ${minutes < 0 ? '-' : '+'} interval '${Math.abs(minutes)} minutes')`;

/** An instant as a timestamp without time zone, in UTC. */
const timestamp = (time: number): string => instantFromDate(new Date(time)).slice(0, 19).replace('T', ' ');

/** An expression per period, chosen by a binary search. */
function byPeriod<Period extends { readonly from: number }>(
  column: string,
  periods: readonly Period[],
  expression: (period: Period) => string,
): string {
  const between = (low: number, high: number): string => {
    if (high - low === 1) return expression(periods[low] as Period);
    const middle = (low + high) >>> 1;
    const change = `cast('${timestamp((periods[middle] as Period).from)}Z' as timestamptz)`;
    return `(case when ${quoted(column)} < ${change} then ${between(low, middle)} else ${between(middle, high)} end)`;
  };
  return between(0, periods.length);
}
