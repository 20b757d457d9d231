import { literal } from './quoting.ts';

/**
 * The record of how iterations were first seen, per origin of the data (CsvSource.history).
 *
 * The models write the record of the loaded origin to attribution.iterations_first_seen (warehouse/dbt/models/quality).
 * When another origin is loaded, those rows move to `<schema>.first_seen_elsewhere`, and the other origin's rows move back:
 * otherwise the checks would report the iterations of one origin as edits or deletions in the other, or forget them.
 */

/** The schema of the service's own tables: in the embedded warehouse, or in the stack's warehouse. */
type StateSchema = 'embedded' | 'stack';

/** Number of origins whose records are kept, besides the loaded one. */
const maxOrigins = 20;

const record = 'attribution.iterations_first_seen';
const columns = 'iteration_id, strategy_id, created_at, first_seen_build_id, first_seen_at';
const columnTypes = `iteration_id bigint, strategy_id bigint, created_at timestamptz,
  first_seen_build_id varchar(64), first_seen_at timestamptz`;

const kept = (schema: StateSchema): string => `${schema}.first_seen_elsewhere`;

/** Creates the table of the records of origins that are not loaded. */
export const firstSeenTableStatement = (schema: StateSchema): string =>
  `create table if not exists ${kept(schema)} (origin varchar not null, left_at timestamptz not null, ${columnTypes})`;

/** Selects the origins with a kept record (column `origin`), the one left last first. */
export const rememberedOriginsQuery = (schema: StateSchema): string =>
  `select origin from ${kept(schema)} group by origin order by max(left_at) desc, origin`;

/** Returns the space of rows that a change of origin deleted. PGlite has no autovacuum. Not for a transaction. */
export const vacuumFirstSeenStatement = (schema: StateSchema): string => `vacuum ${kept(schema)}`;

export interface OriginChange {
  /** The origin of the loaded data; null if it is unknown, because an old version of the service loaded it. */
  readonly from: string | null;
  readonly to: string;
  /** The origins with a kept record, the one left last first. */
  readonly remembered: readonly string[];
  /** Whether the content of `to` equals the loaded data: a copy, which continues the record unless it has its own. */
  readonly isCopy: boolean;
}

/** Whether the record of `to` differs from the loaded one, so that the checks have to run again. */
export const changesRecord = ({ to, remembered, isCopy }: OriginChange): boolean => !isCopy || remembered.includes(to);

/** Origins whose records a change discards: those left first, if there are too many. */
export function discardedOrigins({ from, to, remembered }: OriginChange): string[] {
  const others = remembered.filter((origin) => origin !== from && origin !== to);
  return [...(from === null ? [] : [from]), ...others].slice(maxOrigins);
}

/** Creates the record if the models have not run yet, or an older version of the service dropped it. */
export const recordStatement = `create table if not exists ${record} (${columnTypes})`;

/** Run in the transaction that records `to` as the origin of the loaded data. The record must exist. */
export function originChangeStatements(schema: StateSchema, change: OriginChange): string[] {
  const { from, to } = change;
  const statements: string[] = [];
  if (from !== null) {
    statements.push(
      `delete from ${kept(schema)} where origin = ${literal(from)}`,
      `insert into ${kept(schema)} (origin, left_at, ${columns}) select ${literal(from)}, now(), ${columns} from ${record}`,
    );
  }
  if (changesRecord(change)) {
    statements.push(
      `truncate ${record}`,
      `insert into ${record} (${columns}) select ${columns} from ${kept(schema)} where origin = ${literal(to)}`,
      `delete from ${kept(schema)} where origin = ${literal(to)}`,
    );
  }
  for (const origin of discardedOrigins(change)) {
    statements.push(`delete from ${kept(schema)} where origin = ${literal(origin)}`);
  }
  return statements;
}

/** The same for the embedded warehouse, whose schemas the models create. */
export const embeddedChangeStatements = (change: OriginChange): string[] => [
  'create schema if not exists attribution',
  recordStatement,
  ...originChangeStatements('embedded', change),
];

/** What a change does, for display. */
export function originChangeLines(change: OriginChange): string[] {
  const what = change.remembered.includes(change.to) ? 'continuing its own' : 'starting a new';
  const discarded = discardedOrigins(change);
  const lines: string[] = [];
  if (change.from !== null && changesRecord(change)) {
    lines.push(`Data from another source: ${what} record of when iterations were first seen`);
  }
  if (discarded.length > 0) {
    lines.push(
      `  Notice: The record of when iterations were first seen is kept for the last ${maxOrigins} other sources. ` +
        `Discarded: ${discarded.join(', ')}`,
    );
  }
  return lines;
}
