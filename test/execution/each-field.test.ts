import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { type BothExecutions, serveBothExecutions } from '../support/both-executions.ts';
import type { TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// Each field by itself, because an error of one field lets graphql-js execute the whole operation, and hides what is wrong with others.

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

const schema = await buildApiSchema();

/** Each value that can be selected of a type alone, down to a depth. */
function selectionsOf(type: GraphQLNamedType, depth: number): string[] {
  if (isLeafType(type)) return [''];
  if (!isObjectType(type) || depth === 0) return ['{ __typename }'];
  const fields = Object.values(type.getFields()).filter(({ args }) => !args.some(isRequiredArgument));
  const inner = fields.flatMap((field) =>
    selectionsOf(getNamedType(field.type), depth - 1).map((selection) => `{ ${field.name} ${selection} }`),
  );
  return ['{ __typename }', ...inner];
}

const answerOf = async (service: TestService, query: string) => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.text();
};

test.each([
  ['conversions(first: 1000)', 'Conversion'],
  ['iterations', 'Iteration'],
  ['strategies', 'Strategy'],
  ['campaigns', 'Campaign'],
  ['metrics(groupBy: [STRATEGY, DAY])', 'MetricRow'],
])('%s', async (list, name) => {
  const type = schema.getType(name) as GraphQLObjectType;
  const queries = selectionsOf(type, 2).map((selection) => `{ ${list} { nodes ${selection} } }`);
  expect(queries.length).toBeGreaterThan(10);
  for (const query of queries) {
    const [compiled, interpreted] = [await answerOf(services[0], query), await answerOf(services[1], query)];
    expect(compiled, query).toBe(interpreted);
  }
});
