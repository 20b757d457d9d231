import { literal } from './quoting.ts';

/**
 * Build records: what builds remember of earlier ones, such as how iterations were first seen, per origin of the data
 * (CsvSource.history).
 *
 * The models write the records of the loaded origin to the tables in `records` (warehouse/dbt/models/quality). When another
 * origin is loaded, those rows move to `<schema>.<table>_elsewhere`, and the other origin's rows move back: otherwise the
 * checks would report the data of one origin as edits or deletions in the other, or forget them.
 */

/** The schema of the service's own tables: in the embedded warehouse, or in the stack's warehouse. */
type StateSchema = 'embedded' | 'stack';

/** Number of origins whose records are kept, besides the loaded one. */
const maxOrigins = 10;

interface RecordTable {
  readonly name: string;
  /** Types by column. */
  readonly columns: Readonly<Record<string, string>>;
}

/** The models that keep their rows in a full refresh and compare the data with them. */
const records: readonly RecordTable[] = [
  {
    name: 'iterations_first_seen',
    columns: {
      iteration_id: 'bigint',
      strategy_id: 'bigint',
      created_at: 'timestamptz',
      first_seen_build_id: 'varchar(64)',
      first_seen_at: 'timestamptz',
      first_seen_build_number: 'bigint',
    },
  },
  {
    name: 'conversions_last_attributed',
    columns: {
      event_id: 'varchar(256)',
      iteration_id: 'bigint',
      attributed_since_build_id: 'varchar(64)',
    },
  },
  {
    name: 'strategy_offers',
    columns: {
      strategy_id: 'bigint',
      tune_offer_id: 'bigint',
      from_build_number: 'bigint',
    },
  },
  {
    name: 'finding_intervals',
    columns: {
      interval_id: 'varchar(350)',
      check_name: 'varchar(64)',
      subject_id: 'varchar(256)',
      severity: 'varchar(16)',
      detail: 'varchar(1024)',
      first_seen_build_number: 'bigint',
      first_seen_at: 'timestamptz',
      last_seen_build_number: 'bigint',
      last_seen_at: 'timestamptz',
      resolved_build_number: 'bigint',
      resolved_at: 'timestamptz',
      earlier_detail: 'varchar(1024)',
      earlier_seen_build_number: 'bigint',
      earlier_seen_at: 'timestamptz',
    },
  },
];

const live = ({ name }: RecordTable): string => `attribution.${name}`;
const kept = (schema: StateSchema, { name }: RecordTable): string => `${schema}.${name}_elsewhere`;
const namesIn = ({ columns }: RecordTable): string => Object.keys(columns).join(', ');
const definition = ({ columns }: RecordTable): string =>
  Object.entries(columns)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ');

/** Adds the columns of a table that an older version of the service, or of the models, created without them. */
const addColumnsStatement = (name: string, { columns }: RecordTable): string =>
  `alter table ${name} ${Object.entries(columns)
    .map(([column, type]) => `add column if not exists ${column} ${type}`)
    .join(', ')}`;

/** Creates the tables that keep the records of origins that are not loaded. */
export const keptRecordTableStatements = (schema: StateSchema): string[] =>
  records.flatMap((table) => [
    `create table if not exists ${kept(schema, table)} (
         origin varchar not null, left_at timestamptz not null, ${definition(table)})`,
    addColumnsStatement(kept(schema, table), table),
  ]);

/** Selects the origins with a kept record (column `origin`), the one left last first. */
export const rememberedOriginsQuery = (schema: StateSchema): string => {
  const all = records.map((table) => `select origin, left_at from ${kept(schema, table)}`).join(' union all ');
  return `select origin from (${all}) as kept group by origin order by max(left_at) desc, origin`;
};

/** Returns the space of rows that a change of origin deleted. PGlite has no autovacuum. Not for a transaction. */
export const vacuumKeptRecordsStatement = (schema: StateSchema): string =>
  `vacuum ${records.map((table) => kept(schema, table)).join(', ')}`;

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

/** Creates the records if the models have not run yet, or an older version of the service dropped them. */
export const recordStatements = records.flatMap((table) => [
  `create table if not exists ${live(table)} (${definition(table)})`,
  addColumnsStatement(live(table), table),
]);

/**
 * The builds are numbered across all origins, so a history of one origin has none of the builds of another in between, and
 * can't be continued when the origin returns. The next build begins another one.
 */
const forgottenHistoryStatements = [
  'drop table if exists attribution.attribution_history cascade',
  // Without this, builds without conversions would look as if they had the intervals of the next history.
  `do $$ begin
     if exists (
       select from information_schema.columns
       where table_schema = 'attribution' and table_name = 'attribution_builds' and column_name = 'history_since_build_number'
     ) then
       update attribution.attribution_builds set history_since_build_number = null
         where history_since_build_number is not null;
     end if;
   end $$`,
];

/** Selects whether the loaded data have a record (column `has_record`). The records must exist. */
export const hasRecordQuery = `select ${records
  .map((table) => `exists (select from ${live(table)})`)
  .join(' or ')} as has_record`;

/** Run in the transaction that records `to` as the origin of the loaded data. The records must exist. */
export function originChangeStatements(schema: StateSchema, change: OriginChange): string[] {
  const moves = records.flatMap((table) => moveStatements(schema, table, change));
  return changesRecord(change) ? [...forgottenHistoryStatements, ...moves] : moves;
}

function moveStatements(schema: StateSchema, table: RecordTable, change: OriginChange): string[] {
  const { from, to } = change;
  const columns = namesIn(table);
  const forget = (origin: string) => `delete from ${kept(schema, table)} where origin = ${literal(origin)}`;
  const statements: string[] = [];
  if (from !== null) {
    statements.push(
      forget(from),
      `insert into ${kept(schema, table)} (origin, left_at, ${columns})
         select ${literal(from)}, now(), ${columns} from ${live(table)}`,
    );
  }
  if (changesRecord(change)) {
    statements.push(
      `truncate ${live(table)}`,
      `insert into ${live(table)} (${columns})
         select ${columns} from ${kept(schema, table)} where origin = ${literal(to)}`,
      forget(to),
    );
  }
  return [...statements, ...discardedOrigins(change).map(forget)];
}

/** The same for the embedded warehouse, whose schemas the models create. */
export const embeddedChangeStatements = (change: OriginChange): string[] => [
  'create schema if not exists attribution',
  ...recordStatements,
  ...originChangeStatements('embedded', change),
];

/** What a change does, for display. */
export function originChangeLines(change: OriginChange): string[] {
  const discarded = discardedOrigins(change);
  const lines: string[] = [];
  if (changesRecord(change)) {
    const what = change.remembered.includes(change.to) ? 'continuing its own' : 'starting new';
    lines.push(`Data from another source: ${what} build records`);
    if (change.from === null) {
      lines.push(
        '  Notice: The build records of the former data are discarded, because an older version of the service loaded the ' +
          'data without recording their source. Changes since the last build are not reported.',
      );
    }
  }
  if (discarded.length > 0) {
    lines.push(
      `  Notice: Build records are kept for the last ${maxOrigins} other sources. Discarded: ${discarded.join(', ')}`,
    );
  }
  return lines;
}
