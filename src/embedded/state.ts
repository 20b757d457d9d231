import type { WorkerClient } from './worker-client.ts';

/** Goes up with every change of the loader that makes loaded data differ: then everything is loaded again. */
const loaderVersion = 2;

/**
 * What the warehouse holds. It stands in the database itself, so that it is written with the data or not at all.
 * Instants are text as PostgreSQL takes them.
 */
export interface WarehouseState {
  /** Null before the first load. */
  readonly data: string | null;
  /** Whose data these are (CsvSource.history); null also where a service that did not know of it loaded them. */
  readonly history: string | null;
  /** The data and models of the last attribution that finished; null while one is under way. */
  readonly attributed: string | null;
  /** The earliest click that lay in the future for the last attribution, and so wants another one. */
  readonly nextDue: Date | null;
}

/** Makes the table of the state where it is missing, and what an older one lacks. */
export const stateTableStatement = `create schema if not exists embedded;
  create table if not exists embedded.state (data varchar not null, attributed varchar, next_due timestamptz);
  alter table embedded.state add column if not exists history varchar`;

/** Reads the state; a database without one is empty. */
export async function readState(database: WorkerClient): Promise<WarehouseState> {
  await database.query(stateTableStatement);
  const { rows } = await database.query(
    'select data, history, attributed, floor(extract(epoch from next_due) * 1000) as next_due from embedded.state',
  );
  const { data = null, history = null, attributed = null, next_due: due = null } = rows[0] ?? {};
  return { data, history, attributed, nextDue: due === null ? null : new Date(Number(due)) };
}

/** What the state calls data with this fingerprint. */
export function dataVersion(fingerprint: string): string {
  return `v${loaderVersion} ${fingerprint}`;
}

/** To be run in the transaction that loads the data. */
export function loadedStatements(data: string, history: string): string {
  const values = [data, history].map(literal).join(', ');
  return `delete from embedded.state; insert into embedded.state (data, history) values (${values})`;
}

/** The same data in another place: the history goes on there. */
export const movedStatement = (history: string): string => `update embedded.state set history = ${literal(history)}`;

/** To be run before an attribution, so that one that is killed is known for it. */
export const attributingStatement = 'update embedded.state set attributed = null, next_due = null';

/** To be run after an attribution that saw clicks up to `asOf`. */
export function attributedStatement(attributed: string, asOf: Date): string {
  const from = literal(asOf.toISOString());
  return `update embedded.state set attributed = ${literal(attributed)},
    next_due = (select min("timestamp") from adgem.clicks where "timestamp" >= ${from}::timestamptz)`;
}

/**
 * Forgets how iterations were first seen (warehouse/dbt/models/quality). To be run where other data than before is loaded:
 * to the checks of data quality every iteration of the old would else be gone, and many of the new edited. The views on it
 * are attribution's to make again.
 */
export const forgetFirstSeenStatement = 'drop table if exists attribution.iterations_first_seen cascade';

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
