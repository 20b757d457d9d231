import type { ClientBase } from 'pg';

/** What the stack has done to the warehouse; each stands in the database itself, and is written when it is done. */
export type Done =
  /** The changelog and its parameters as they were last run. */
  | 'changelog'
  /** The data that was loaded. */
  | 'data'
  /** Whose data these are. */
  | 'history'
  /** The data and models that were last attributed; missing while they are. */
  | 'attributed';

/** Makes the table where it is missing. */
export async function ensureState(client: ClientBase): Promise<void> {
  await client.query('create schema if not exists stack');
  await client.query('create table if not exists stack.done (what varchar primary key, version varchar not null)');
}

/** Null for what was not done yet. */
export async function readDone(client: ClientBase, what: Done): Promise<string | null> {
  const { rows } = await client.query<{ version: string }>('select version from stack.done where what = $1', [what]);
  return rows[0]?.version ?? null;
}

/** Notes that something is done, or, with null, that it has to be done again. */
export async function noteDone(client: ClientBase, what: Done, version: string | null): Promise<void> {
  await client.query('delete from stack.done where what = $1', [what]);
  if (version !== null) await client.query('insert into stack.done values ($1, $2)', [what, version]);
}
