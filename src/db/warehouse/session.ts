import type pg from 'pg';

/** The kinds of server that the service reads; pglite is a PostgreSQL whose clients all share one session. */
export type WarehouseDialect = 'redshift' | 'postgres' | 'pglite';

/**
 * What every new session is told, by SET and not in the startup packet: Redshift refuses a connection whose startup
 * packet has parameters that it does not know.
 */
const settings: Readonly<Record<WarehouseDialect, readonly string[]>> = {
  redshift: [`set timezone to 'UTC'`, `set datestyle to 'ISO'`, `set application_name to 'attribution-api'`],
  postgres: [
    `set timezone to 'UTC'`,
    `set datestyle to 'ISO'`,
    `set application_name to 'attribution-api'`,
    // Redshift knows no read-only sessions, and its read-only transactions fail on some views: there, as here, the
    // protection is a user who may only SELECT. Where it can be had, this is a second one.
    'set default_transaction_read_only to on',
  ],
  // What one client sets there, all have.
  pglite: [],
};

export async function prepareSession(client: pg.ClientBase, dialect: WarehouseDialect): Promise<void> {
  for (const statement of settings[dialect]) await client.query(statement);
}

/** The time-out now in force in a session, in milliseconds; a session that was told none has the server's own. */
const inForce = new WeakMap<pg.ClientBase, number>();

/**
 * Makes the server itself end a statement that takes longer (on Redshift, waiting in a queue included). A round trip,
 * so only where the session has another limit. In PGlite statement_timeout never strikes, so it is not set there.
 */
export async function limitStatements(
  client: pg.ClientBase,
  dialect: WarehouseDialect,
  milliseconds: number,
): Promise<void> {
  if (dialect === 'pglite' || inForce.get(client) === milliseconds) return;
  await client.query(`set statement_timeout to ${Math.ceil(milliseconds)}`);
  inForce.set(client, milliseconds);
}
