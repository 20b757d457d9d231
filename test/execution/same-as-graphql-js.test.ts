import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BothExecutions, serveBothExecutions } from '../support/both-executions.ts';
import { proofs } from '../support/proofs.ts';
import type { TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// Two services on one warehouse, of which one compiles every operation: their answers must be equal, text for text.

let database: TestDatabase;
let services: BothExecutions;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  services = await serveBothExecutions(database);
});
afterAll(async () => {
  for (const service of services ?? []) await service.close();
  await database?.close();
});

/** Names and aliases whose joined texts are often equal, for example first_strategy with metrics and first with strategy_metrics. */
const part = fc.constantFrom('a', 'b', 'first', 'strategy', 'metrics', 'iterations', 'nodes', 'iteration');
const alias = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('_'));

const filter = fc.constantFrom(
  '',
  '(filter: { convertedBetween: { from: "2026-01-10T00:00:00Z" } })',
  '(filter: { convertedBetween: { to: "2026-01-20T00:00:00Z" } })',
  '(filter: { goalReferenceIds: [] })',
);
const metrics = filter.map((args) => `metrics${args} { conversions payout }`);
const first = fc.integer({ min: 1, max: 4 });
const iterations = fc
  .tuple(
    first,
    fc.uniqueArray(alias, { minLength: 1, maxLength: 3 }),
    fc.array(metrics, { minLength: 3, maxLength: 3 }),
  )
  .map(
    ([count, names, fields]) =>
      `iterations(first: ${count}) { nodes { id ${names.map((name, at) => `${name}: ${fields[at]}`).join(' ')} } pageInfo { endCursor } }`,
  );
const inStrategy = fc
  .tuple(
    fc.uniqueArray(alias, { minLength: 1, maxLength: 4 }),
    fc.array(fc.oneof(metrics, iterations), { minLength: 4, maxLength: 4 }),
  )
  .map(([names, fields]) => `{ id ${names.map((name, at) => `${name}: ${fields[at]}`).join(' ')} }`);
const operation = fc
  .tuple(
    fc.uniqueArray(alias, { minLength: 1, maxLength: 3 }),
    fc.array(inStrategy, { minLength: 3, maxLength: 3 }),
    fc.array(first, { minLength: 3, maxLength: 3 }),
  )
  .map(
    ([names, selections, counts]) =>
      `{ ${names.map((name, at) => `${name}: strategies(first: ${counts[at]}) { nodes ${selections[at]} }`).join(' ')} }`,
  );

async function bodyOf(service: TestService, query: string): Promise<string> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.text();
}

test('random aliases and arguments', async () => {
  await fc.assert(
    fc.asyncProperty(operation, async (query) => {
      const [compiled, interpreted] = await Promise.all(services.map((service) => bodyOf(service, query)));
      expect(compiled).toBe(interpreted);
      expect(compiled).toContain('"data":{');
    }),
    { numRuns: proofs(120, 40, 300) },
  );
});

test('two fields whose paths are equal when joined have their own arguments', async () => {
  const early = 'filter: { convertedBetween: { to: "2000-01-01T00:00:00Z" } }';
  const query = `{
    first_strategy: strategies(first: 3) { nodes { metrics { conversions } } }
    first: strategies(first: 3) { strategy_nodes: nodes { metrics(${early}) { conversions } } }
  }`;
  const [compiled, interpreted] = await Promise.all(services.map((service) => bodyOf(service, query)));
  expect(compiled).toBe(interpreted);
  const { data } = JSON.parse(compiled ?? '');
  expect(data.first.strategy_nodes).not.toEqual(data.first_strategy.nodes);
});
