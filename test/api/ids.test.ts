import {
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { openTestService } from '../support/service.ts';

// Ids have up to 64 bits. JSON.parse turns 9007199254740993 into 9007199254740992, another id that exists here.
const even = '9007199254740992';
const odd = '9007199254740993';

const at = '2026-02-01T00:00:00.000000Z';
const world = {
  strategies: [even, odd].map((id, n) => ({ id, name: null, tune_offer_id: `${n + 1}`, created_at: at })),
  iterations: [even, odd].map((id) => ({ iteration_id: id, strategy_id: id, name: `of ${id}`, created_at: at })),
  campaigns: [1, 2].map((n) => ({ id: `${n}`, name: null, adaction_id: `${n}` })),
  clicks: [1, 2].map((n) => ({
    click_id: `c${n}`,
    campaign_id: `${n}`,
    timestamp: at,
    iteration_id: null,
    loaded_at: at,
  })),
  events: [even, odd].map((id, n) => ({
    ...{ event_id: id, event_type: 'goal_complete', click_id: `c${n + 1}`, goal_reference_id: null },
    ...{ payout: `${n + 1}`, timestamp: at, loaded_at: at },
  })),
};

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(world, '2026-02-02T00:00:00.000000Z', { hasSnapshot: true });
});
afterAll(() => service.close());

/** Sends variables as JSON text, as JavaScript cannot represent these numbers. */
async function post(query: string, variables: string) {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
  });
  const body = (await response.json()) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string } }[];
  };
  return { status: response.status, ...body };
}

test.each([
  ['an argument', 'query ($id: ID!) { iteration(id: $id) { name } }', `{"id": ${odd}}`],
  ['a negative one', 'query ($id: ID!) { iteration(id: $id) { name } }', `{"id": -${odd}}`],
  ['the largest id', 'query ($id: ID!) { iteration(id: $id) { name } }', '{"id": 9223372036854775807}'],
  ['written with an exponent', 'query ($id: ID!) { iteration(id: $id) { name } }', '{"id": 9007199254740993e0}'],
  ['beyond the range of numbers', 'query ($id: ID!) { iteration(id: $id) { name } }', '{"id": 1e400}'],
  ['a fraction', 'query ($id: ID!) { iteration(id: $id) { name } }', '{"id": 1.5}'],
  ['text ids', 'query ($id: ID!) { conversion(id: $id) { payout } }', `{"id": ${odd}}`],
  ['a list', 'query ($ids: [ID!]) { iterations(filter: {ids: $ids}) { nodes { id } } }', `{"ids": ["1", ${odd}]}`],
  [
    'one value as a list',
    'query ($ids: [ID!]) { iterations(filter: {ids: $ids}) { nodes { id } } }',
    `{"ids": ${odd}}`,
  ],
  [
    'a nested input',
    'query ($f: ConversionFilter) { conversions(filter: $f) { nodes { id } } }',
    `{"f": {"iterationIds": [${odd}]}}`,
  ],
  [
    'a push, which sends nothing',
    'mutation ($input: PushMetricsInput!) { pushMetrics(input: $input) { state } }',
    `{"input": {"iterationIds": [${odd}]}}`,
  ],
])('rejects an id as a number that JSON may have rounded: %s', async (_name, query, variables) => {
  const { status, data, errors } = await post(query, variables);
  expect({ status, data }).toEqual({ status: 400, data: undefined });
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(errors?.[0]?.message).toContain('Send ids as strings');
});

test('strings, literals and small numbers are exact', async () => {
  const query = 'query ($id: ID!) { iteration(id: $id) { name } conversion(id: $id) { payout } }';
  const found = { data: { iteration: { name: `of ${odd}` }, conversion: { payout: '2.0000' } } };
  expect(await post(query, `{"id": "${odd}"}`)).toMatchObject(found);
  expect(await post(`{ iteration(id: ${odd}) { name } conversion(id: ${odd}) { payout } }`, '{}')).toMatchObject(found);
  expect(
    await post(`query ($id: ID! = ${odd}) { conversions(filter: {ids: [$id]}) { nodes { payout } } }`, '{}'),
  ).toMatchObject({ data: { conversions: { nodes: [{ payout: '2.0000' }] } } });
  expect(
    await post('query ($id: ID!) { campaign: conversions(filter: {campaignIds: [$id]}) { totalCount } }', '{"id": 2}'),
  ).toMatchObject({ data: { campaign: { totalCount: 1 } } });
});

test('no argument of the API accepts a rounded id', async () => {
  const schema = await buildApiSchema();
  const cases = (['Query', 'Mutation'] as const).flatMap((root) =>
    Object.values((schema.getType(root) as GraphQLObjectType).getFields()).flatMap((field) =>
      field.args.flatMap((argument) =>
        idPaths(argument.type).map((value) => ({ operation: root.toLowerCase(), field, argument, value })),
      ),
    ),
  );
  expect(cases.length).toBeGreaterThan(20);
  for (const { operation, field, argument, value } of cases) {
    // Leaves out other required arguments: each invalid variable is reported separately.
    const others = field.args.filter((other: GraphQLArgument) => other !== argument && isNonNullType(other.type));
    const declared = [argument, ...others].map(({ name, type }) => `$${name}: ${type}`).join(', ');
    const passed = [argument, ...others].map(({ name }) => `${name}: $${name}`).join(', ');
    const query = `${operation} (${declared}) { ${field.name}(${passed}) { __typename } }`;
    const { errors } = await post(query, `{"${argument.name}": ${value}}`);
    expect(errors?.map(({ message }) => message).join('\n'), query).toContain('Send ids as strings');
  }
});

/** For each ID within an input type, a JSON value with a rounded number in its place. */
function idPaths(type: GraphQLInputType): string[] {
  if (isNonNullType(type)) return idPaths(type.ofType);
  if (isListType(type)) return idPaths(type.ofType).map((value) => `[${value}]`);
  if (isInputObjectType(type)) {
    return Object.values(type.getFields()).flatMap((field) =>
      idPaths(field.type).map((value) => `{"${field.name}": ${value}}`),
    );
  }
  return getNamedType(type).name === 'ID' ? [odd] : [];
}
