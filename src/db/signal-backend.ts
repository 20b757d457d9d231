import type pg from 'pg';
import { StoreClient } from './store-client.ts';

/** How the server ends what a session does: its statement, or the whole session. */
export type BackendSignal = 'pg_cancel_backend' | 'pg_terminate_backend';

/**
 * Cancels the running statement of a connection, or ends its session. Uses a connection of its own, because a pool may have
 * none free.
 *
 * @param address of the same server, with the login.
 * @param milliseconds how long the server may take: a dead network path would block the connection for ever.
 */
export async function signalBackend(
  signal: BackendSignal,
  client: pg.PoolClient,
  address: pg.ClientConfig,
  milliseconds: number,
): Promise<void> {
  const { processID } = client as pg.PoolClient & { readonly processID: number };
  const control = new StoreClient({ ...address, query_timeout: milliseconds });
  // Errors reach the caller through the promise.
  control.on('error', () => {});
  try {
    await control.connect();
    await control.query(`select ${signal}(${processID})`);
  } finally {
    await control.end();
  }
}
