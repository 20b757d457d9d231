import pg from 'pg';
import type { ChangelogRun } from './types.ts';

/** Connects for as long as the work takes. */
export async function withClient<Result>(
  connection: ChangelogRun['connection'],
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
