import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cursorScope } from '../../src/db/cursor.ts';
import * as operations from '../generated/operations.ts';
import { openTestService, send } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(), smallWorldAsOf);
});
afterAll(() => service.close());

async function errorOf(query: string, variables: object = {}) {
  const response = await service.send(query, variables as never);
  expect(response.errors, query).toBeDefined();
  const [error] = response.errors ?? [];
  return { status: response.status, code: error?.extensions.code, message: error?.message ?? '' };
}

const byId = 'orderBy: {field: ID, direction: ASC}';

describe('invalid input is BAD_USER_INPUT, names the field, and has status 400', () => {
  test.each([
    ['an empty page', '{ strategies(first: 0) { nodes { id } } }', 'first: must be from 1 to 1000'],
    ['a negative page', '{ iterations(first: -5) { nodes { id } } }', 'first: must be from 1 to 1000'],
    ['a page that is too large', '{ conversions(first: 1000000) { nodes { id } } }', 'first: must be from 1 to 1000'],
    ['a page beyond Int', '{ conversions(first: 2147483648) { nodes { id } } }', 'first: Int cannot represent'],
    [
      'a nested page',
      '{ strategies(first: 2) { nodes { iterations(first: 1001) { nodes { id } } } } }',
      'first: must be',
    ],
    [
      'a page of subjects that is too large',
      `{ dataQualitySubjects(check: SHARED_OFFER, first: 1001) { build } }`,
      'first: must',
    ],
    ['an unknown cursor', '{ strategies(after: "abc") { nodes { id } } }', 'after: is not a cursor'],
    ['an empty cursor', '{ strategies(after: "") { nodes { id } } }', 'after: is not a cursor'],
    ['a cursor with a NUL', '{ strategies(after: "\\u0000") { nodes { id } } }', 'after: '],
    [
      'an inverted range',
      '{ conversions(filter: {convertedBetween: {from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z"}}) { nodes { id } } }',
      'filter.convertedBetween: from (2026-02-01T00:00:00.000000Z) is after to',
    ],
    [
      'an inverted range across offsets',
      '{ conversions(filter: {clickedBetween: {from: "2026-01-01T01:00:00+00:00", to: "2026-01-01T01:30:00+01:00"}}) { nodes { id } } }',
      'filter.clickedBetween: from',
    ],
    [
      'an instant as words',
      '{ conversions(filter: {convertedBetween: {from: "yesterday"}}) { nodes { id } } }',
      'from: ',
    ],
    [
      'a day that does not exist',
      '{ iterations(filter: {activeAt: "2026-02-30T00:00:00Z"}) { nodes { id } } }',
      'activeAt: ',
    ],
    ['no offset', '{ iterations(filter: {activeAt: "2026-02-03T00:00:00"}) { nodes { id } } }', 'with an offset'],
    [
      'nanoseconds',
      '{ iterations(filter: {activeAt: "2026-02-03T00:00:00.1234567Z"}) { nodes { id } } }',
      'six fractional digits',
    ],
    [
      'an id that is not a number',
      '{ iterations(filter: {strategyIds: ["1", "one"]}) { nodes { id } } }',
      'filter.strategyIds: "one" is not an id',
    ],
    [
      'an id beyond 64 bits',
      '{ conversions(filter: {iterationIds: ["9223372036854775808"]}) { nodes { id } } }',
      'filter.iterationIds',
    ],
    [
      'a NUL in a text',
      '{ conversions(filter: {goalReferenceIds: ["a\\u0000"]}) { nodes { id } } }',
      'filter.goalReferenceIds',
    ],
    [
      'a negative distance',
      '{ conversions(filter: {aroundBoundary: -1}) { nodes { id } } }',
      'filter.aroundBoundary: must be 0',
    ],
    [
      'a negative duration',
      '{ conversions(filter: {boundaryWithin: -1}) { nodes { id } } }',
      'filter.boundaryWithin: must be 0',
    ],
    [
      'a name that is too long',
      `{ strategies(filter: {nameContains: "${'x'.repeat(201)}"}) { nodes { id } } }`,
      'filter.nameContains',
    ],
    [
      'a list that is too long',
      `{ conversions(filter: {ids: [${'"x",'.repeat(1001)}]}) { nodes { id } } }`,
      'filter.ids: must have at most 1000 values',
    ],
    ['no dimension', '{ metrics(groupBy: []) { nodes { day } } }', 'groupBy: must have at least one dimension'],
    ['a dimension twice', '{ metrics(groupBy: [DAY, DAY]) { nodes { day } } }', 'groupBy: has a duplicate dimension'],
    ['a strategy by neither id nor offer', '{ strategy { id } }', 'id, tuneOfferId: pass exactly one'],
    [
      'a strategy by both id and offer',
      '{ strategy(id: "1", tuneOfferId: "5001") { id } }',
      'id, tuneOfferId: pass exactly one',
    ],
  ])('%s', async (_name, query, message) => {
    const error = await errorOf(query);
    expect(error).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(error.message).toContain(message);
  });

  test('the same in variables', async () => {
    const query =
      'query ($filter: ConversionFilter, $first: Int) { conversions(filter: $filter, first: $first) { nodes { id } } }';
    const instant = await errorOf(query, { filter: { convertedBetween: { from: 'yesterday' } } });
    expect(instant).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(instant.message).toContain('filter.convertedBetween.from');
    expect(await errorOf(query, { first: 1e6 })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await errorOf(query, { first: 2 ** 31 })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    const broken = await errorOf(query, { filter: { ids: ['\uD800'] } });
    expect(broken).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(broken.message).toContain('filter.ids');
    expect(await errorOf(query, { first: 'x' })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('many errors in a long variable give a short response and are not logged', async () => {
    const query = 'query ($filter: ConversionFilter) { conversions(filter: $filter) { nodes { id } } }';
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`x${at}`, 1]));
    const { status, errors } = await service.send(query, { filter: { ...unknown, ids: 'y'.repeat(100_000) } });
    expect(status).toBe(400);
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(JSON.stringify(errors).length).toBeLessThan(150_000);
    expect(service.log.filter((line) => line.includes('request failed'))).toEqual([]);
  });

  test('null in a variable means the default', async () => {
    const query = `query ($first: Int, $order: ConversionOrder, $direction: SortDirection, $after: String) {
      a: conversions(first: $first, orderBy: $order, after: $after) { nodes { id } }
      b: conversions(first: 50, orderBy: {field: CONVERTED_AT, direction: DESC}) { nodes { id } }
      c: strategies(orderBy: {field: NAME, direction: $direction}) { nodes { id } }
      d: strategies(orderBy: {field: NAME}) { nodes { id } }
    }`;
    const variables = { first: null, order: null, direction: null, after: null };
    const { status, data } = await service.send<Record<string, unknown>, object>(query, variables);
    expect(status).toBe(200);
    expect(data.a).toEqual(data.b);
    expect(data.c).toEqual(data.d);
    expect((await service.send(query, {})).data).toEqual(data);
  });

  test('a range from an instant to the same one is valid, and empty', async () => {
    const { conversions } = await service.ask(operations.AllConversionsDocument, { filter: {} });
    const [converted] = conversions.nodes.map(({ convertedAt }) => convertedAt);
    const filter = { convertedBetween: { from: converted, to: converted } };
    expect((await service.ask(operations.AllConversionsDocument, { filter })).conversions.nodes).toEqual([]);
  });

  test('several invalid variables are reported at once', async () => {
    const query =
      'query ($a: Int, $b: Int) { conversions(first: $a) { totalCount } strategies(first: $b) { totalCount } }';
    const { status, errors } = await service.send(query, { a: 'x', b: 'y' });
    expect(status).toBe(400);
    expect(errors?.map(({ message }) => message.slice(0, 13))).toEqual(['Variable "$a"', 'Variable "$b"']);
  });

  test('several errors are reported at once', async () => {
    const { message } = await errorOf(
      '{ conversions(first: 0, filter: {campaignIds: ["x"], boundaryWithin: -1}) { nodes { id } } }',
    );
    for (const field of ['first', 'filter.campaignIds', 'filter.boundaryWithin'])
      expect(message).toContain(`${field}: `);
  });
});

describe('a cursor is valid in its own list only', () => {
  async function cursorOf(query: string, path: string[]): Promise<string> {
    const { data } = await service.send<Record<string, never>, never>(query);
    return path.reduce<never>((value, key) => value[key] as never, data as never);
  }
  const paths = ['pageInfo', 'endCursor'];

  test('it is rejected with another field, order, filter or parent', async () => {
    const strategies = await cursorOf(`{ strategies(first: 2, ${byId}) { pageInfo { endCursor } } }`, [
      'strategies',
      ...paths,
    ]);
    const iterations = await cursorOf('{ strategy(id: "4") { iterations(first: 2) { pageInfo { endCursor } } } }', [
      'strategy',
      'iterations',
      ...paths,
    ]);
    const conversions = await cursorOf(
      '{ iteration(id: "100") { conversions(first: 2) { pageInfo { endCursor } } } }',
      ['iteration', 'conversions', ...paths],
    );
    const metrics = await cursorOf('{ metrics(groupBy: [DAY], first: 2) { pageInfo { endCursor } } }', [
      'metrics',
      ...paths,
    ]);
    for (const query of [
      `{ iterations(first: 2, after: "${strategies}", ${byId}) { nodes { id } } }`,
      `{ strategies(after: "${strategies}", orderBy: {field: ID, direction: DESC}) { nodes { id } } }`,
      `{ strategies(after: "${strategies}", orderBy: {field: NAME}) { nodes { id } } }`,
      `{ strategies(after: "${strategies}", filter: {hasTuneOffer: true}) { nodes { id } } }`,
      `{ strategy(id: "5") { iterations(after: "${iterations}") { nodes { id } } } }`,
      `{ iterations(after: "${iterations}") { nodes { id } } }`,
      `{ iteration(id: "200") { conversions(after: "${conversions}") { nodes { id } } } }`,
      `{ conversions(after: "${conversions}") { nodes { id } } }`,
      `{ metrics(groupBy: [HOUR], after: "${metrics}") { nodes { hour } } }`,
      `{ metrics(groupBy: [DAY], after: "${metrics}", filter: {goalReferenceIds: ["g1"]}) { nodes { day } } }`,
    ]) {
      const error = await errorOf(query);
      expect(error, query).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(error.message).toContain('after: belongs to another list');
    }
    const { strategies: next } = await service.ask(operations.StrategiesPageDocument, {
      first: 1,
      after: strategies,
      orderBy: { field: 'ID', direction: 'ASC' },
    });
    expect(next.nodes).toEqual([{ id: '3' }]);
  });

  type ListQuery = (args: string, outer?: string) => string;
  const attributed = 'filter: {status: [ATTRIBUTED]}';
  const page = '{ pageInfo { endCursor } }';
  test.each<[name: string, query: ListQuery, others: string[], otherParents?: string[]]>([
    [
      'strategies',
      (args) => `{ strategies(first: 1, ${args}) ${page} }`,
      ['filter: {hasTuneOffer: true}', 'filter: {nameContains: ""}', 'orderBy: {field: NAME}'],
    ],
    [
      'iterations',
      (args) => `{ iterations(first: 1, ${args}) ${page} }`,
      ['filter: {isCurrent: false}', 'orderBy: {field: CREATED_AT}', 'orderBy: {field: ID, direction: DESC}'],
    ],
    [
      'conversions',
      (args) => `{ conversions(first: 1, ${args}) ${page} }`,
      [attributed, 'filter: {status: []}', 'orderBy: {field: PAYOUT}'],
    ],
    [
      'the iterations of a strategy',
      (args, id = '4') => `{ strategy(id: "${id}") { iterations(first: 1, ${args}) ${page} } }`,
      ['activeAt: "2026-01-01T00:00:00Z"', 'orderBy: {field: CREATED_AT, direction: DESC}'],
      ['5'],
    ],
    [
      'the conversions of an iteration',
      (args, id = '100') => `{ iteration(id: "${id}") { conversions(first: 1, ${args}) ${page} } }`,
      [attributed, 'orderBy: {field: PAYOUT}'],
      ['200'],
    ],
    [
      'groups',
      (args, by = 'GOAL') => `{ metrics(groupBy: [${by}], first: 1, ${args}) ${page} }`,
      [attributed, 'orderBy: {field: PAYOUT}', 'orderBy: {field: CONVERSIONS, direction: ASC}'],
      ['CAMPAIGN'],
    ],
    [
      'the conversions of a group',
      (args, of = '') =>
        `{ metrics(groupBy: [STATUS], first: 1, ${of}) { nodes { drillDown(first: 1, ${args}) ${page} } } }`,
      ['orderBy: {field: PAYOUT}'],
      [attributed],
    ],
  ])('each argument belongs to the list, and so does the parent: %s', async (_, query, others, otherParents = []) => {
    const { data } = await service.send(query(''));
    const [, cursor] = /"endCursor":"([^"]+)"/.exec(JSON.stringify(data)) ?? [];
    const after = `after: "${cursor}"`;
    expect((await service.send(query(after))).errors).toBeUndefined();
    for (const other of [
      ...others.map((args) => query(`${after}, ${args}`)),
      ...otherParents.map((parent) => query(after, parent)),
    ]) {
      const { errors } = await service.send(other);
      expect([other, errors?.[0]?.message]).toEqual([other, expect.stringContaining('after: belongs to another list')]);
    }
  });

  test('the keys of two groups differ if a null is at another place', () => {
    const scopes = [['1', null], [null, '1'], ['1']].map((key) => cursorScope(['conversionsOf', { key }]));
    expect(new Set(scopes).size).toBe(3);
  });

  test('a null condition in a filter equals an omitted one', async () => {
    const cursor = await cursorOf('{ strategies(first: 2, filter: {}) { pageInfo { endCursor } } }', [
      'strategies',
      ...paths,
    ]);
    const next = await service.send<{ strategies: unknown }, object>(
      `query ($ids: [ID!]) { strategies(first: 1, after: "${cursor}", filter: {ids: $ids, nameContains: null}) { nodes { id } } }`,
      { ids: null },
    );
    expect(next.data.strategies).toEqual({ nodes: [{ id: '3' }] });
  });

  test('a forged cursor with a valid checksum is rejected', async () => {
    const cursor = await cursorOf(`{ strategies(first: 2, orderBy: {field: NAME}) { pageInfo { endCursor } } }`, [
      'strategies',
      ...paths,
    ]);
    const text = Buffer.from(cursor.slice(12), 'base64url').toString('utf8');
    const [scope] = JSON.parse(text) as [string];
    const forge = (content: string) =>
      createHash('sha256').update(content).digest('base64url').slice(0, 12) +
      Buffer.from(content).toString('base64url');
    expect(forge(text)).toBe(cursor);
    for (const content of [
      'null',
      'x',
      '5',
      '{}',
      '[]',
      ...[
        [],
        ['a'],
        ['a', '1', '2'],
        ['a', 'not a number'],
        ['a', '9'.repeat(40)],
        [{}, '1'],
        [['a'], '1'],
        ['a\u0000', '1'],
        [1, 2],
      ].map((position) => JSON.stringify([scope, ...position])),
    ]) {
      const error = await errorOf(
        `{ strategies(after: "${forge(content)}", orderBy: {field: NAME}) { nodes { id } } }`,
      );
      expect(error, content).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(error.message).toMatch(/^after: /);
    }
  });

  test('any changed character is detected', async () => {
    const cursor = await cursorOf(`{ strategies(first: 2, ${byId}) { pageInfo { endCursor } } }`, [
      'strategies',
      ...paths,
    ]);
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
      const error = await errorOf(`{ strategies(after: "${changed}", ${byId}) { nodes { id } } }`);
      expect(error).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    }
    for (const changed of [`${cursor}A`, `${cursor}=`, cursor.slice(1), cursor.slice(0, -1), cursor.toLowerCase()]) {
      expect((await errorOf(`{ strategies(after: "${changed}", ${byId}) { nodes { id } } }`)).code).toBe(
        'BAD_USER_INPUT',
      );
    }
  });
});

describe('nested lists multiply', () => {
  const nest = (depth: number, first: string): string =>
    depth === 0 ? '{ id }' : `{ iterations(first: ${first}) { nodes { strategy ${nest(depth - 1, first)} } } }`;

  test('an operation that could exhaust memory is rejected before it runs a statement', async () => {
    service.takeStatements();
    for (const [query, variables] of [
      [`{ strategies(first: 1000) { nodes ${nest(5, '1000')} } }`, {}],
      [`query ($n: Int) { strategies(first: $n) { nodes ${nest(1, '$n')} } }`, { n: 1000 }],
      [`query ($n: Int = 1000) { strategies(first: $n) { nodes ${nest(1, '$n')} } }`, {}],
      ['{ strategies(first: 1000) { edges { node { iterations(first: 101) { edges { node { id } } } } } } }', {}],
      [
        '{ strategies(first: 1000) { ...a } } fragment a on StrategyConnection { nodes { iterations(first: 101) { nodes { id } } } }',
        {},
      ],
    ] as const) {
      const error = await errorOf(query, variables);
      expect(error, query).toMatchObject({ status: 400, code: 'COST_LIMIT' });
      expect(error.message).toMatch(/could cost [\d,]+; the limit is 100,000 \(MAX_COST\)/);
    }
    expect(service.takeStatements()).toEqual([]);
  });

  test('aliases repeat rows and values, and count each time', async () => {
    const aliases = (count: number, field: string) =>
      Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');
    for (const query of [
      `{ conversions(first: 1000) { ${aliases(120, 'nodes { id }')} } }`,
      `{ conversions(first: 1000) { nodes { ${aliases(2500, 'id')} } } }`,
    ]) {
      expect(await errorOf(query)).toMatchObject({ status: 400, code: 'COST_LIMIT' });
    }
  });

  test('fields that read everything may be selected a few times per operation', async () => {
    const repeated = (count: number, field: string) =>
      `{ ${Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ')} }`;
    const plan = 'planMetricsPush(input: {}, first: 0) { planHash }';
    const drift = 'pushDrift { compared }';
    const push = 'pushMetrics(input: {}) { id }';
    for (const query of [repeated(10, plan), repeated(10, drift), `mutation ${repeated(10, push)}`])
      expect(await errorOf(query), query).toMatchObject({ status: 400, code: 'COST_LIMIT' });
    expect((await service.send(repeated(2, plan))).errors).toBeUndefined();
    // The service under test has no AdSuite.
    expect(await errorOf(repeated(2, drift))).toMatchObject({ status: 409, code: 'PUSH_NOT_CONFIGURED' });
  });

  test('an error in one field does not disable the cost limit', async () => {
    const huge = 'strategies(first: 1000) { nodes { iterations(first: 1000) { nodes { id } } } }';
    for (const query of [
      `query ($i: ID = "1") { iteration(id: $i) { id } ${huge} }`,
      `query ($i: Boolean = true) { strategy(id: "1") { id name @include(if: $i) } ${huge} }`,
    ]) {
      expect(await errorOf(query, { i: null }), query).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(await errorOf(query), query).toMatchObject({ status: 400, code: 'COST_LIMIT' });
    }
  });

  test('an invalid page size does not lower the cost', async () => {
    const negative = 'none: strategies(first: -2147483648) { nodes { id } }';
    const huge = 'strategies(first: 1000) { nodes { iterations(first: 1000) { nodes { id } } } }';
    expect(await errorOf(`{ ${negative} ${huge} }`)).toMatchObject({ status: 400, code: 'COST_LIMIT' });
  });

  test('realistic operations are accepted', async () => {
    for (const query of [
      `{ strategies(first: 1000) { nodes ${nest(1, '40')} } }`,
      `{ strategies { nodes ${nest(1, '50')} } }`,
      '{ iterations(first: 1000) { nodes { strategy { id } metrics { byGoal { payout } } daily { metrics { payout } } } } }',
      '{ conversions(first: 1000) { nodes { strategy { id } iteration { id strategy { id } } } } }',
    ]) {
      expect((await service.send(query)).errors, query).toBeUndefined();
    }
  });
});

test('SQL in text arguments is treated as text', async () => {
  for (const text of ["'; drop table attribution.strategies; --", '" or 1=1', '$1', '\\', '%', '?', '{{x}}']) {
    const filter = { ids: [text], clickIds: [text], goalReferenceIds: [text] };
    expect((await service.ask(operations.AllConversionsDocument, { filter })).conversions.nodes).toEqual([]);
    const { strategies } = await service.ask(operations.AllStrategiesDocument, { filter: { nameContains: text } });
    expect(strategies.nodes).toEqual([]);
  }
});

describe('requests that are not valid GraphQL, or do not match the schema', () => {
  test.each([
    ['{ strategies { nodes { id } }', 'GRAPHQL_PARSE_FAILED'],
    ['{ strategies { nodes { nope } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ strategies(orderBy: {field: PRICE}) { nodes { id } } }', 'BAD_USER_INPUT'],
    ['subscription { pushMetrics }', 'OPERATION_RESOLUTION_FAILURE'],
    ['subscription { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['query A { dataStatus { build } } query B { dataStatus { build } }', 'OPERATION_RESOLUTION_FAILURE'],
    [`{ ${'a '.repeat(20_000)} }`, 'COST_LIMIT'],
  ])('%.60s', async (query, code) => {
    expect(await errorOf(query)).toMatchObject({ status: 400, code });
  });

  test('the last of many errors says that there are others, and what to do', async () => {
    const { errors = [] } = await service.send(`{ strategies { nodes { ${'abcdefgh'.split('').join(' ')} } } }`);
    expect(errors).toHaveLength(5);
    expect(errors.at(-1)).toMatchObject({
      message:
        'The document has more errors than the ones before this. Correct those, then send it again to see the others.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });

  test('HTTP requests that are not GraphQL requests', async () => {
    const post = (body: string, type = 'application/json') =>
      fetch(`${service.url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });
    const broken = await post('{');
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({
      errors: [{ message: expect.any(String), extensions: { code: 'BAD_REQUEST' } }],
    });
    const persisted = await post('{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}');
    expect(await persisted.json()).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    });
    expect((await post('')).status).toBe(400);
    expect((await post('{"query": null}')).status).toBe(400);
    expect((await post('{"query": "{ dataStatus { build } }"}', 'text/plain')).status).toBe(400);
    expect((await post(`{"query": "${'x'.repeat(2_000_000)}"}`)).status).toBe(413);
    expect((await fetch(`${service.url}/graphql?query={dataStatus{build}}`)).status).toBe(400);
  });
});

test('an internal error is masked with an id that is in the log', async () => {
  const other = await openTestService(smallWorld(4), smallWorldAsOf);
  try {
    await other.database.query('alter table attribution.attribution_builds alter column build_id type integer using 1');
    const { data, errors, status } = await other.send<{ build: null; strategies: object }, never>(
      '{ build(id: "none") { id } strategies(first: 1) { nodes { id } } }',
    );
    expect(status).toBe(200);
    expect(data).toEqual({ build: null, strategies: { nodes: [{ id: '1' }] } });
    const [error] = errors ?? [];
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', errorId: expect.any(String) });
    expect(error?.message).not.toMatch(/syntax|integer/);
    const line = other.log.find((each) => each.includes(String(error?.extensions.errorId)));
    expect(line).toContain('invalid input syntax');
  } finally {
    await other.close();
  }
});

test.each([
  '{ campaigns { nodes { id } } }',
  '{ campaign(id: "1") { id } }',
  '{ unattributedBy { nodes { id } } }',
  '{ metrics(groupBy: HOUR, filter: { status: [ATTRIBUTED] }) { nodes { metrics { clicks } } } }',
])('a table that models of an earlier release do not publish is named as such: %s', async (query) => {
  const other = await openTestService(smallWorld(4), smallWorldAsOf);
  try {
    await other.database.query('update attribution.attribution_builds set rule_version = null');
    const { errors } = await other.send(query);
    expect(errors?.[0]?.extensions.code).toBe('WAREHOUSE_UNAVAILABLE');
    expect(errors?.[0]?.message).toMatch(/Run the dbt build of this release first/);
  } finally {
    await other.close();
  }
});

test('a column that the models have not made yet is named as such', async () => {
  const other = await openTestService(smallWorld(4), smallWorldAsOf);
  try {
    await other.database.query('alter table attribution.iterations_with_end_time__1 rename column sequence to lost');
    const { errors } = await other.send('{ iteration(id: "100") { id } }');
    expect(errors?.[0]?.extensions.code).toBe('WAREHOUSE_UNAVAILABLE');
    expect(errors?.[0]?.message).toMatch(/Run the dbt build of this release first/);
  } finally {
    await other.close();
  }
});

test('a response with a failed field keeps its data and status 200', async () => {
  const other = await openTestService(smallWorld(4), smallWorldAsOf);
  try {
    await other.database.query('drop table adsuite_mirror.refreshes');
    const whole = await send(other.url, '{ dataStatus { build mirror { table } } }');
    expect(whole).toMatchObject({ status: 200, data: { dataStatus: { build: 'build-1', mirror: null } } });
    expect(whole.errors).toMatchObject([{ extensions: { code: 'WAREHOUSE_UNAVAILABLE' } }]);
    expect(whole.headers.get('retry-after')).toBeNull();
    await other.database.query('update attribution.attribution_builds set tables_build_number = null');
    await other.database.query('drop view attribution.strategies');
    const none = await send(other.url, '{ strategies { nodes { id } } }');
    expect(none.status).toBe(503);
    expect(none.headers.get('retry-after')).toBe('5');
  } finally {
    await other.close();
  }
});

test.each([
  ['BAD_USER_INPUT', 'strategy { id }'],
  ['BAD_USER_INPUT', 'strategy(id: "1") { iterations(first: 0) { nodes { id } } }'],
  ['AMBIGUOUS_OFFER', 'strategy(tuneOfferId: "5005") { id }'],
])('%s in one field: status 200 if another has data, and 400 if none has', async (code, field) => {
  const partial = await service.send(`{ failed: ${field} conversions(first: 1) { nodes { id } } }`);
  expect(partial).toMatchObject({
    status: 200,
    data: { failed: null, conversions: { nodes: [{ id: expect.any(String) }] } },
    errors: [{ path: expect.arrayContaining(['failed']), extensions: { code } }],
  });
  for (const other of ['', 'conversion(id: "no such event") { id }']) {
    expect(await service.send(`{ failed: ${field} ${other} }`)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code } }],
    });
  }
});
