import { type GraphQLObjectType, getNamedType, isLeafType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { type BothExecutions, serveBothExecutions } from '../support/both-executions.ts';
import type { TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

// A list of conversions reads the columns that the selected fields need.

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

/** Each field of a conversion, with fields of its own. */
const selections = Object.values((schema.getType('Conversion') as GraphQLObjectType).getFields()).map((field) => {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return field.name;
  if (field.name === 'history') return 'history { nodes { state { status } } }';
  const leaves = Object.values(type.getFields()).filter((each) => isLeafType(getNamedType(each.type)));
  return `${field.name} { ${leaves.map((each) => each.name).join(' ')} }`;
});

type Node = Record<string, unknown>;

async function ask(service: TestService, query: string): Promise<Record<'a' | 'b', Node[]>> {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Record<string, Page>; errors?: unknown };
  expect(errors).toBeUndefined();
  const nodesOf = (page: Page | undefined) => page?.nodes ?? page?.edges?.map(({ node }) => node) ?? [];
  return { a: nodesOf(data.a), b: nodesOf(data.b) };
}

interface Page {
  readonly nodes?: Node[];
  readonly edges?: { readonly node: Node }[];
}

const list = 'conversions(first: 1000, orderBy: { field: ID, direction: ASC })';
const nameOf = (selection: string) => selection.split(' ')[0] as string;

test('a field is the same alone and with all others', async () => {
  for (const service of services) {
    const { a: whole } = await ask(service, `{ a: ${list} { nodes { ${selections.join(' ')} } } }`);
    expect(whole.length).toBeGreaterThan(20);
    for (const selection of selections) {
      const name = nameOf(selection);
      const query = `query { a: ${list} { nodes { ${selection} } } b: ${list} { edges { node { ...fields } } } }
        fragment fields on Conversion { ... on Conversion { own: ${selection} } }`;
      const { a, b } = await ask(service, query);
      expect(a, name).toEqual(whole.map((node) => ({ [name]: node[name] })));
      expect(b, name).toEqual(whole.map((node) => ({ own: node[name] })));
    }
  }
});

test('lists whose paths are equal when joined have their own columns', async () => {
  const query = `{
    a: ${list} { nodes { id status } }
    b: ${list} { nodes { payout clickedAt } }
  }`;
  for (const service of services) {
    const { a, b } = await ask(service, query);
    const { a: whole } = await ask(service, `{ a: ${list} { nodes { id status payout clickedAt } } }`);
    expect(a.map((node, at) => ({ ...node, ...b[at] }))).toEqual(whole);
  }
});

test('columns that no field reads are not selected', async () => {
  const [service] = services;
  service.takeStatements();
  await ask(service, `{ a: ${list} { nodes { payout } } }`);
  const [sql = ''] = service.takeStatements().flatMap((each) => (each.name === 'conversions.page' ? each.sql : []));
  expect(sql).toMatch(/^select "event_id" as "id", "payout" as "payout" from /);
});
