import pg from 'pg';
import { instantFromPostgres } from '../domain/instant.ts';

const asText = (text: string): string => text;

const oid = { int8: 20, date: 1082, timestamp: 1114, timestamptz: 1184, numeric: 1700 };

const parsers = new Map<number, (text: string) => unknown>([
  // Kept as text: a bigint or a numeric does not fit a JavaScript number, and a Date has no microseconds.
  [oid.int8, asText],
  [oid.numeric, asText],
  [oid.date, asText],
  // pg would read a timestamp without time zone in this process's time zone.
  [oid.timestamp, asText],
  [oid.timestamptz, instantFromPostgres],
]);

/**
 * How column values become JavaScript values; each store's tables.ts has the result types. Passed to the pool, so pg's
 * global parsers stay unchanged.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    parsers.get(id) ?? (pg.types.getTypeParser(id, format as 'text') as (text: string) => unknown),
};
