import pg from 'pg';
import { instantFromPostgres } from '../domain/instant.ts';

const asText = (text: string): string => text;

const oid = { int8: 20, date: 1082, timestamp: 1114, timestamptz: 1184, numeric: 1700 };

const parsers = new Map<number, (text: string) => unknown>([
  // Exact on the wire: a bigint or a numeric does not fit a JavaScript number, a Date has no microseconds.
  [oid.int8, asText],
  [oid.numeric, asText],
  [oid.date, asText],
  // pg would read a timestamp without zone in this process's own zone.
  [oid.timestamp, asText],
  [oid.timestamptz, instantFromPostgres],
]);

/** How the stores' columns become JavaScript values; see their tables.ts. Given to the pool, so pg's global stays as it is. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    parsers.get(id) ?? (pg.types.getTypeParser(id, format as 'text') as (text: string) => unknown),
};
