import type { TestProject } from 'vitest/node';
import { withClient } from '../../local/postgres/client.ts';
import { startPostgres } from '../../local/postgres/temporary.ts';
import { emptyRecord } from '../../scripts/redshift-lint/record.ts';
import { serviceUser } from './empty-databases.ts';

/** Runs once, before all test files: starts the PostgreSQL server that they share, and forgets recorded statements. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The statements of an earlier run would hide that a query is no longer sent.
  emptyRecord();
  const server = await startPostgres(['-c', 'max_connections=300']);
  await withClient(server.connection, (client) =>
    client.query(`create role ${serviceUser.user} login password '${serviceUser.password}'`),
  );
  project.provide('postgres', server.connection);
  return () => server.stop();
}
