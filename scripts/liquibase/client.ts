import pg from 'pg';

/** Connects for as long as the work takes. A connection that breaks off fails the query under way, or the next one. */
export async function withClient<Result>(
  connection: pg.ClientConfig,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(connection);
  // Without a listener a connection that breaks off while nobody uses it, as while Liquibase runs, ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
