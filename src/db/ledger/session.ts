import { type ControlledTransaction, sql } from 'kysely';
import type pg from 'pg';
import type { LedgerTables } from './tables.ts';
import type { LedgerTarget } from './target.ts';

/** How long a transaction may wait for its client: a page of the plan may be long in coming from the warehouse. */
const idleInTransactionMilliseconds = 10 * 60_000;

/** What a session is told of how long its statements may take. */
export const statementTimeout = (milliseconds: number): string => String(Math.max(1, Math.floor(milliseconds)));

/**
 * Prepares a new session. In PGlite what one client sets all have, and a session that is ended by a time-out is the end
 * of the database: nothing is set there.
 */
export async function prepareSession(
  client: pg.ClientBase,
  dialect: LedgerTarget['dialect'],
  statementMilliseconds: number,
): Promise<void> {
  if (dialect === 'pglite') return;
  const settings: Readonly<Record<string, string | number>> = {
    timezone: 'UTC',
    datestyle: 'ISO',
    application_name: 'attribution-api',
    statement_timeout: statementTimeout(statementMilliseconds),
    // Only a recording has one of its own: a database's would fail others in ways that nobody expects.
    lock_timeout: 0,
    // The push lock is held by a transaction: it must not stay with a client that is gone without a word.
    idle_in_transaction_session_timeout: idleInTransactionMilliseconds,
    // The statements are written for it: a row that was waited for is read as it is then.
    default_transaction_isolation: 'read committed',
    // An acknowledged commit has to last.
    synchronous_commit: 'on',
    // Compiling these short statements takes longer than running them.
    jit: 'off',
  };
  const sets = Object.keys(settings).map((name, index) => `set_config('${name}', $${index + 1}, false)`);
  await client.query(`select ${sets.join(', ')}`, Object.values(settings).map(String));
}

/** Bounds how long a transaction's statements wait for what others have locked. */
export async function limitLockWaits(
  transaction: ControlledTransaction<LedgerTables>,
  milliseconds: number,
): Promise<void> {
  await sql`select set_config('lock_timeout', ${String(Math.ceil(milliseconds))}, true)`.execute(transaction);
}
