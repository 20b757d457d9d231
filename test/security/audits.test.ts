import { type AuditResult, auditServer } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keysOf, newKey } from '../support/authentication.ts';
import { present, serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

/**
 * Recommendations that the service deliberately does not follow. They are for clients from before GraphQL over HTTP: a
 * response of type application/json SHOULD have the status 200 although the document is not valid. Then proxies, monitors and
 * clients that only look at the status would take a refused request for a successful one; the DAG decides by it whether
 * to try again.
 */
const notFollowed = [
  'SHOULD use 200 status code on document parsing failure when accepting application/json',
  'SHOULD use 200 status code on document validation failure when accepting application/json',
  'SHOULD use a status code of 200 on variable coercion failure when accepting application/json',
];

const viewer = newKey();
let database: TestDatabase;
let open: TestService;
let closed: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(2), smallWorldAsOf);
  open = await serve(database.target);
  const credentials = { keys: keysOf(viewer), verifyJwt: null, now: () => present };
  closed = await serve(database.target, { credentials });
});
afterAll(async () => {
  await open.close();
  await closed.close();
  await database.close();
});

const withKey: typeof fetch = (input, init) =>
  fetch(input, {
    ...init,
    headers: { ...(init?.headers as Record<string, string>), authorization: `Bearer ${viewer.key}` },
  });

test.each([
  ['without authentication', () => open, fetch],
  ['as a viewer', () => closed, withKey],
] as const)(
  'GraphQL over HTTP: every MUST, and every SHOULD but those listed here, %s',
  async (_, service, fetchFn) => {
    const results = await auditServer({ url: `${service().url}/graphql`, fetchFn });
    const names = (status: AuditResult['status']) =>
      results.filter((each) => each.status === status).map(({ name }) => name);
    const count = (level: string, of: readonly string[]) => of.filter((name) => name.startsWith(level)).length;
    const all = results.map(({ name }) => name);
    const met = names('ok');
    process.stdout.write(
      `${['MUST', 'SHOULD', 'MAY'].map((level) => `${level} ${count(level, met)} of ${count(level, all)}`).join(', ')}\n`,
    );
    expect(names('error')).toEqual([]);
    expect(names('warn')).toEqual(notFollowed);
    expect([count('MUST', met), count('SHOULD', met)]).toEqual([13, 20]);
  },
);
