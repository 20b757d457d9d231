import { keptRecordTableStatements, rememberedOriginsQuery } from './build-records.ts';
import { literal } from './quoting.ts';
import type { WorkerClient } from './worker-client.ts';

/** Increment if a change of the loader makes loaded data differ: all data is then loaded again. */
const loaderVersion = 2;

/**
 * What the warehouse contains. Stored in the database itself, so that it is committed together with the data. Instants
 * are text in PostgreSQL's format.
 */
export interface WarehouseState {
  /** Null before the first load. */
  readonly data: string | null;
  /** Origin of the data (CsvSource.history); null if a version of the service that did not record origins loaded it. */
  readonly history: string | null;
  /** The data and models of the last finished attribution; null while one is running. */
  readonly attributed: string | null;
  /** The earliest click that was in the future at the last attribution: it requires another run. */
  readonly nextDue: Date | null;
  /** Other origins with build records, the one left last first. */
  readonly remembered: readonly string[];
}

/** Creates the state's tables, or adds what an older version of them lacks. */
export const stateTableStatement = `create schema if not exists embedded;
  create table if not exists embedded.state (data varchar not null, attributed varchar, next_due timestamptz);
  alter table embedded.state add column if not exists history varchar;
  ${keptRecordTableStatements('embedded').join(';\n  ')}`;

/** Reads the state; all null in an empty database. */
export async function readState(database: WorkerClient): Promise<WarehouseState> {
  await database.query(stateTableStatement);
  const { rows } = await database.query(
    'select data, history, attributed, floor(extract(epoch from next_due) * 1000) as next_due from embedded.state',
  );
  const { data = null, history = null, attributed = null, next_due: due = null } = rows[0] ?? {};
  const origins = await database.query(rememberedOriginsQuery('embedded'));
  const remembered = origins.rows.map(({ origin }) => String(origin));
  return { data, history, attributed, nextDue: due === null ? null : new Date(Number(due)), remembered };
}

/** The state's name of data with this fingerprint. */
export function dataVersion(fingerprint: string): string {
  return `v${loaderVersion} ${fingerprint}`;
}

/** Run in the transaction that loads the data. */
export function loadedStatements(data: string, history: string): string {
  const values = [data, history].map(literal).join(', ');
  return `delete from embedded.state; insert into embedded.state (data, history) values (${values})`;
}

/** For the same data at another place. */
export const movedStatement = (history: string): string => `update embedded.state set history = ${literal(history)}`;

/** Run before an attribution, so that an interrupted one is detected. */
export const attributingStatement = 'update embedded.state set attributed = null, next_due = null';

/** Run after an attribution of clicks up to `asOf`. */
export function attributedStatement(attributed: string, asOf: Date): string {
  const from = literal(asOf.toISOString());
  return `update embedded.state set attributed = ${literal(attributed)},
    next_due = (select min("timestamp") from adgem.clicks where "timestamp" >= ${from}::timestamptz)`;
}
