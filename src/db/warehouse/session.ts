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

/**
 * Prepares a new session. No statement in it may take longer than the limit (on Redshift, waiting in a queue included):
 * the server sees to that even if the service is gone. In PGlite statement_timeout never strikes.
 */
export async function prepareSession(
  client: pg.ClientBase,
  dialect: WarehouseDialect,
  limitMilliseconds: number,
): Promise<void> {
  for (const statement of settings[dialect]) await client.query(statement);
  if (dialect !== 'pglite') await client.query(`set statement_timeout to ${Math.ceil(limitMilliseconds)}`);
}
