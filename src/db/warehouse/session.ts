import type pg from 'pg';

/** Kinds of server. pglite is a PostgreSQL whose clients all share one session. */
export type WarehouseDialect = 'redshift' | 'postgres' | 'pglite';

/**
 * Settings of each new session. They are sent as SET, because Redshift rejects a startup packet with parameters that it
 * does not know.
 */
const settings: Readonly<Record<WarehouseDialect, readonly string[]>> = {
  redshift: [`set timezone to 'UTC'`, `set datestyle to 'ISO'`, `set application_name to 'attribution-api'`],
  postgres: [
    `set timezone to 'UTC'`,
    `set datestyle to 'ISO'`,
    `set application_name to 'attribution-api'`,
    // An additional protection to a user with SELECT privileges only. Redshift has no read-only sessions, and its
    // read-only transactions fail on some views.
    'set default_transaction_read_only to on',
  ],
  // A setting of one client applies to all.
  pglite: [],
};

/**
 * Prepares a new session. Its statement_timeout (on Redshift, queue time included) applies even if the service has
 * crashed. PGlite never enforces statement_timeout.
 */
export async function prepareSession(
  client: pg.ClientBase,
  dialect: WarehouseDialect,
  limitMilliseconds: number,
): Promise<void> {
  for (const statement of settings[dialect]) await client.query(statement);
  if (dialect !== 'pglite') await client.query(`set statement_timeout to ${Math.ceil(limitMilliseconds)}`);
}
