import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BothExecutions, serveBothExecutions } from '../support/both-executions.ts';
import type { TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// A null in a column of times, which the tables exclude, is a fault that the getters of rows do not expect.

let database: TestDatabase;
let services: BothExecutions;
let conversion: string;
let iteration: string;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  services = await serveBothExecutions(database);
  const spoil = async (table: string, id: string, column: string) => {
    await database.query(`alter table ${table} alter column ${column} drop not null`);
    const { rows } = await database.query(`select min(${id}) as id from ${table} where iteration_id is not null`);
    const first = (rows[0] as { id: string | number }).id;
    await database.query(`update ${table} set ${column} = null where ${id} = '${first}'`);
    return String(first);
  };
  conversion = await spoil('attribution.goal_complete_events_attributed__1', 'event_id', 'converted_at');
  iteration = await spoil('attribution.iterations_with_end_time__1', 'iteration_id', 'created_at');
});
afterAll(async () => {
  for (const service of services ?? []) await service.close();
  await database?.close();
});

const ask = async (service: TestService, query: string) => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { conversion, iteration } }),
  });
  const { data, errors } = (await response.json()) as {
    data: unknown;
    errors: { path: unknown; extensions: { code: string } }[];
  };
  return { status: response.status, data, errors: errors?.map(({ path, extensions: { code } }) => ({ path, code })) };
};

test.each([
  'query ($conversion: ID!) { conversion(id: $conversion) { convertedAt } }',
  'query ($conversion: ID!) { conversion(id: $conversion) { iteration { name } convertedAt strategy { name } history { nodes { beginCause } } } }',
  'query ($iteration: ID!) { iteration(id: $iteration) { createdAt strategy { name } metrics { payout } } }',
  '{ conversions(first: 1000, orderBy: { field: ID }) { nodes { id convertedAt } } }',
  '{ iterations { edges { cursor node { createdAt conversions { nodes { convertedAt } } } } pageInfo { endCursor } } dataStatus { build } }',
])('a getter that throws fails its field only: %s', async (query) => {
  const interpreted = await ask(services[1], query);
  expect(interpreted.errors.map(({ code }) => code)).toContain('INTERNAL_SERVER_ERROR');
  // The second time, it passes by Apollo's pipeline.
  for (const _ of [1, 2]) expect(await ask(services[0], query)).toEqual(interpreted);
});
