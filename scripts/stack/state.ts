import type { ClientBase } from 'pg';
import { keptRecordTableStatements } from '../../src/embedded/build-records.ts';

/** Steps that the stack records in the warehouse once they are complete, each with a version. */
export type Step =
  /** The changelog and its parameters. */
  | 'changelog'
  /** The loaded data. */
  | 'data'
  /** The history that the loaded data belong to. */
  | 'history'
  /** The data and the models of the last complete attribution. */
  | 'attributed';

/** Creates the tables that are missing. */
export async function ensureState(client: ClientBase): Promise<void> {
  await client.query('create schema if not exists stack');
  await client.query('create table if not exists stack.done (what varchar primary key, version varchar not null)');
  for (const statement of keptRecordTableStatements('stack')) await client.query(statement);
}

/** The version of a completed step, or null. */
export async function readDone(client: ClientBase, step: Step): Promise<string | null> {
  const { rows } = await client.query<{ version: string }>('select version from stack.done where what = $1', [step]);
  return rows[0]?.version ?? null;
}

/** Records a step as complete; null records that it has to be repeated. */
export async function writeDone(client: ClientBase, step: Step, version: string | null): Promise<void> {
  await client.query('delete from stack.done where what = $1', [step]);
  if (version !== null) await client.query('insert into stack.done values ($1, $2)', [step, version]);
}
