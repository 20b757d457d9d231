import pg from 'pg';

const oid = { date: 1082, timestamptz: 1184 };

/** `2026-01-05 10:00:00.5+00` to `2026-01-05T10:00:00.5Z`; the session's time zone is UTC. */
const instant = (text: string): string => `${text.slice(0, 10)}T${text.slice(11, -3)}Z`;

const parsers = new Map<number, (text: string) => unknown>([
  [oid.date, (text) => text],
  [oid.timestamptz, instant],
]);

/** Days and times as text, without a Date in between, which would lose the microseconds. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    parsers.get(id) ?? (pg.types.getTypeParser(id, format as 'text') as (text: string) => unknown),
};
