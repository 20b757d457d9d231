import { afterAll, beforeAll, expect, test } from 'vitest';
import { idOfDocument } from '../../src/documents/manifest.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// On real PostgreSQL, where a table can be locked, so that statements run until all requests have arrived.

const byId = 'query ($id: ID!) { conversion(id: $id) { id payout } }';
let arrived = 0;
const documents = {
  find: () => {
    arrived += 1;
    return byId;
  },
};

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(4), smallWorldAsOf, 'PostgreSQL');
  service = await serve(database.target, { documents, buildCheckSeconds: 3_600 }, { maxConnections: 2 });
  // The build is known from here on, so that requests need no other statement.
  await conversion('none');
});
afterAll(async () => {
  await service.close();
  await database.close();
});

interface ConversionAnswer {
  readonly data?: { readonly conversion: unknown };
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

async function conversion(id: string): Promise<ConversionAnswer> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documentId: idOfDocument(byId), variables: { id } }),
  });
  return (await response.json()) as ConversionAnswer;
}

/** Tables of conversions, of all builds. */
async function tablesOfConversions(): Promise<string> {
  const { rows } = await database.query<{ name: string }>(
    `select 'attribution.' || tablename as name from pg_tables
     where schemaname = 'attribution' and tablename like 'goal_complete_events_attributed%'`,
  );
  expect(rows).not.toEqual([]);
  return rows.map(({ name }) => name).join();
}

/** Requests that arrive while a transaction has locked the tables, and the number of their statements. */
async function askDuring(begin: string, ids: readonly string[], end: string) {
  service.takeStatements();
  arrived = 0;
  await database.query(`begin; ${begin}`);
  const asked = Promise.all(ids.map(conversion));
  await expect.poll(() => arrived).toBe(ids.length);
  await database.query(end);
  const answers = await asked;
  const statements = service.takeStatements();
  expect(new Set(statements.map(({ name }) => name))).toEqual(new Set(['conversions.byId']));
  return { answers, statements: statements.length };
}

test('concurrent requests share statements, and each gets its own row', async () => {
  const { rows } = await database.query<{ id: string; payout: string | null }>(
    'select event_id as id, payout from attribution.goal_complete_events_attributed order by event_id limit 20',
  );
  const ids = [...rows.map(({ id }) => id), 'none'];
  const lock = `lock table ${await tablesOfConversions()} in access exclusive mode`;
  const { answers, statements } = await askDuring(lock, ids, 'rollback');
  expect(answers.map(({ data }) => data?.conversion)).toEqual([...rows, null]);
  expect(statements).toBeLessThan(ids.length / 2);
});

test('requests that share a statement all learn that the tables of their build were dropped, and the next one succeeds', async () => {
  const dropped = await tablesOfConversions();
  await database.build(smallWorldAsOf);
  const ids = Array.from({ length: 10 }, (_, number) => `e000${number}`);
  const { answers, statements } = await askDuring(`drop table ${dropped} cascade`, ids, 'commit');
  expect(answers.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(ids.map(() => 'BUILD_REPLACED'));
  expect(statements).toBeLessThan(ids.length);
  expect((await conversion('e0000')).data).toMatchObject({ conversion: { id: 'e0000' } });
});
