import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/small-world.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(), smallWorldAsOf);
});
afterAll(() => service.close());

async function refused(query: string, variables: object = {}) {
  const answer = await service.send(query, variables as never);
  expect(answer.errors, query).toBeDefined();
  const [error] = answer.errors ?? [];
  return { status: answer.status, code: error?.extensions.code, message: error?.message ?? '' };
}

const byId = 'orderBy: {field: ID, direction: ASC}';

describe('bad input is told, naming the field, with status 400', () => {
  test.each([
    ['a page of none', '{ strategies(first: 0) { nodes { id } } }', 'first: must be from 1 to 1000'],
    ['a negative page', '{ iterations(first: -5) { nodes { id } } }', 'first: must be from 1 to 1000'],
    ['a page too large', '{ conversions(first: 1000000) { nodes { id } } }', 'first: must be from 1 to 1000'],
    ['a page beyond Int', '{ conversions(first: 2147483648) { nodes { id } } }', 'first: Int cannot represent'],
    [
      'a nested page',
      '{ strategies(first: 2) { nodes { iterations(first: 1001) { nodes { id } } } } }',
      'first: must be',
    ],
    ['a cursor of nobody', '{ strategies(after: "abc") { nodes { id } } }', 'after: is not a cursor'],
    ['an empty cursor', '{ strategies(after: "") { nodes { id } } }', 'after: is not a cursor'],
    ['a cursor with a NUL', '{ strategies(after: "\\u0000") { nodes { id } } }', 'after: '],
    [
      'an inverted range',
      '{ conversions(filter: {convertedBetween: {from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z"}}) { nodes { id } } }',
      'filter.convertedBetween: from (2026-02-01T00:00:00.000000Z) lies after to',
    ],
    [
      'an inverted range across offsets',
      '{ conversions(filter: {clickedBetween: {from: "2026-01-01T01:00:00+00:00", to: "2026-01-01T01:30:00+01:00"}}) { nodes { id } } }',
      'filter.clickedBetween: from',
    ],
    [
      'an instant in words',
      '{ conversions(filter: {convertedBetween: {from: "yesterday"}}) { nodes { id } } }',
      'from: ',
    ],
    ['a day that is none', '{ iterations(filter: {activeAt: "2026-02-30T00:00:00Z"}) { nodes { id } } }', 'activeAt: '],
    ['no offset', '{ iterations(filter: {activeAt: "2026-02-03T00:00:00"}) { nodes { id } } }', 'with an offset'],
    [
      'nanoseconds',
      '{ iterations(filter: {activeAt: "2026-02-03T00:00:00.1234567Z"}) { nodes { id } } }',
      'six digits',
    ],
    [
      'an id in words',
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
      'a negative span',
      '{ conversions(filter: {boundaryWithin: -1}) { nodes { id } } }',
      'filter.boundaryWithin: must be 0',
    ],
    [
      'a name too long',
      `{ strategies(filter: {nameContains: "${'x'.repeat(201)}"}) { nodes { id } } }`,
      'filter.nameContains',
    ],
    [
      'a list too long',
      `{ conversions(filter: {ids: [${'"x",'.repeat(1001)}]}) { nodes { id } } }`,
      'filter.ids: may have 1000 values at most',
    ],
    ['no dimension', '{ metrics(groupBy: []) { nodes { day } } }', 'groupBy: needs one dimension'],
    ['a dimension twice', '{ metrics(groupBy: [DAY, DAY]) { nodes { day } } }', 'groupBy: names a dimension twice'],
    ['a strategy by nothing', '{ strategy { id } }', 'id, tuneOfferId: give exactly one'],
    ['a strategy by both', '{ strategy(id: "1", tuneOfferId: "5001") { id } }', 'id, tuneOfferId: give exactly one'],
  ])('%s', async (_name, query, message) => {
    const error = await refused(query);
    expect(error).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(error.message).toContain(message);
  });

  test('the same by variable', async () => {
    const query =
      'query ($filter: ConversionFilter, $first: Int) { conversions(filter: $filter, first: $first) { nodes { id } } }';
    const instant = await refused(query, { filter: { convertedBetween: { from: 'yesterday' } } });
    expect(instant).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(instant.message).toContain('filter.convertedBetween.from');
    expect(await refused(query, { first: 1e6 })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(await refused(query, { first: 2 ** 31 })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    const broken = await refused(query, { filter: { ids: ['\uD800'] } });
    expect(broken).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    expect(broken.message).toContain('filter.ids');
    expect(await refused(query, { first: 'x' })).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
  });

  test('many faults in a long variable are a short answer, and no fault of the service', async () => {
    const query = 'query ($filter: ConversionFilter) { conversions(filter: $filter) { nodes { id } } }';
    const unknown = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`x${at}`, 1]));
    const { status, errors } = await service.send(query, { filter: { ...unknown, ids: 'y'.repeat(100_000) } });
    expect(status).toBe(400);
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']));
    expect(JSON.stringify(errors).length).toBeLessThan(150_000);
    expect(service.log.filter((line) => line.includes('request failed'))).toEqual([]);
  });

  test('null in a variable stands for the default', async () => {
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

  test('several faults are told at once', async () => {
    const { message } = await refused(
      '{ conversions(first: 0, filter: {campaignIds: ["x"], boundaryWithin: -1}) { nodes { id } } }',
    );
    for (const field of ['first', 'filter.campaignIds', 'filter.boundaryWithin'])
      expect(message).toContain(`${field}: `);
  });
});

describe('a cursor is good in its own list only', () => {
  async function cursorOf(query: string, path: string[]): Promise<string> {
    const { data } = await service.send<Record<string, never>, never>(query);
    return path.reduce<never>((value, key) => value[key] as never, data as never);
  }
  const paths = ['pageInfo', 'endCursor'];

  test('another field, order, filter or parent refuses it', async () => {
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
      const error = await refused(query);
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

  test('a null in a filter is the same as none', async () => {
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

  test('one that somebody made, checksum and all, is refused and not passed to the database', async () => {
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
      const error = await refused(
        `{ strategies(after: "${forge(content)}", orderBy: {field: NAME}) { nodes { id } } }`,
      );
      expect(error, content).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(error.message).toMatch(/^after: /);
    }
  });

  test('any change of any character is found', async () => {
    const cursor = await cursorOf(`{ strategies(first: 2, ${byId}) { pageInfo { endCursor } } }`, [
      'strategies',
      ...paths,
    ]);
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1);
      const error = await refused(`{ strategies(after: "${changed}", ${byId}) { nodes { id } } }`);
      expect(error).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
    }
    for (const changed of [`${cursor}A`, `${cursor}=`, cursor.slice(1), cursor.slice(0, -1), cursor.toLowerCase()]) {
      expect((await refused(`{ strategies(after: "${changed}", ${byId}) { nodes { id } } }`)).code).toBe(
        'BAD_USER_INPUT',
      );
    }
  });
});

describe('lists in lists multiply', () => {
  const nest = (depth: number, first: string): string =>
    depth === 0 ? '{ id }' : `{ iterations(first: ${first}) { nodes { strategy ${nest(depth - 1, first)} } } }`;

  test('what could fill the memory is refused before it is begun', async () => {
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
      const error = await refused(query, variables);
      expect(error, query).toMatchObject({ status: 400, code: 'COST_LIMIT' });
      expect(error.message).toMatch(/could cost [\d,]+; the limit is 100,000 \(MAX_COST\)/);
    }
    expect(service.takeStatements()).toEqual([]);
  });

  test('aliases write rows and values again, and count again', async () => {
    const aliases = (count: number, field: string) =>
      Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');
    for (const query of [
      `{ conversions(first: 1000) { ${aliases(120, 'nodes { id }')} } }`,
      `{ conversions(first: 1000) { nodes { ${aliases(2500, 'id')} } } }`,
    ]) {
      expect(await refused(query)).toMatchObject({ status: 400, code: 'COST_LIMIT' });
    }
  });

  test('what reads everything can be asked for a few times in one operation', async () => {
    const plans = (count: number) =>
      `{ ${Array.from({ length: count }, (_, at) => `a${at}: planMetricsPush(input: {}, first: 0) { planHash }`).join(' ')} }`;
    expect(await refused(plans(10))).toMatchObject({ status: 400, code: 'COST_LIMIT' });
    expect((await service.send(plans(2))).errors).toBeUndefined();
  });

  test('a fault that ends one field only does not switch the counting off', async () => {
    const huge = 'strategies(first: 1000) { nodes { iterations(first: 1000) { nodes { id } } } }';
    for (const query of [
      `query ($i: ID = "1") { iteration(id: $i) { id } ${huge} }`,
      `query ($i: Boolean = true) { strategy(id: "1") { id name @include(if: $i) } ${huge} }`,
    ]) {
      expect(await refused(query, { i: null }), query).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
      expect(await refused(query), query).toMatchObject({ status: 400, code: 'COST_LIMIT' });
    }
  });

  test('what a person or a program asks for is not', async () => {
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

test('SQL in any text is a text', async () => {
  for (const text of ["'; drop table attribution.strategies; --", '" or 1=1', '$1', '\\', '%', '?', '{{x}}']) {
    const filter = { ids: [text], clickIds: [text], goalReferenceIds: [text] };
    expect((await service.ask(operations.AllConversionsDocument, { filter })).conversions.nodes).toEqual([]);
    const { strategies } = await service.ask(operations.AllStrategiesDocument, { filter: { nameContains: text } });
    expect(strategies.nodes).toEqual([]);
  }
});

describe('what is not GraphQL, or not this schema', () => {
  test.each([
    ['{ strategies { nodes { id } }', 'GRAPHQL_PARSE_FAILED'],
    ['{ strategies { nodes { nope } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ strategies(orderBy: {field: PRICE}) { nodes { id } } }', 'BAD_USER_INPUT'],
    ['subscription { pushMetrics }', 'OPERATION_RESOLUTION_FAILURE'],
    ['subscription { __typename }', 'OPERATION_RESOLUTION_FAILURE'],
    ['query A { dataStatus { build } } query B { dataStatus { build } }', 'OPERATION_RESOLUTION_FAILURE'],
    [`{ ${'a '.repeat(20_000)} }`, 'GRAPHQL_PARSE_FAILED'],
  ])('%.60s', async (query, code) => {
    expect(await refused(query)).toMatchObject({ status: 400, code });
  });

  test('requests that are none', async () => {
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

test('a fault inside is masked under an id that the log knows', async () => {
  const own = await openTestService(smallWorld(4), smallWorldAsOf);
  try {
    await own.database.query('alter table attribution.iterations_with_end_time rename column sequence to lost');
    const { data, errors, status } = await own.send<{ iteration: null; strategies: object }, never>(
      '{ iteration(id: "100") { id } strategies(first: 1) { nodes { id } } }',
    );
    expect(status).toBe(200);
    expect(data).toEqual({ iteration: null, strategies: { nodes: [{ id: '1' }] } });
    const [error] = errors ?? [];
    expect(error?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', errorId: expect.any(String) });
    expect(error?.message).not.toMatch(/column|sequence/);
    const line = own.log.find((each) => each.includes(String(error?.extensions.errorId)));
    expect(line).toContain('sequence');
  } finally {
    await own.close();
  }
});

test('a field that can not be read makes no failure of an answer that has others', async () => {
  const own = await openTestService(smallWorld(4), smallWorldAsOf);
  try {
    await own.database.query('drop table adsuite_mirror.refreshes');
    const whole = await own.send<object, never>('{ dataStatus { build mirror { table } } }');
    expect(whole).toMatchObject({ status: 200, data: { dataStatus: { build: 'build-1', mirror: null } } });
    expect(whole.errors?.map((error) => error.extensions.code)).toEqual(['WAREHOUSE_UNAVAILABLE']);
    await own.database.query('drop table attribution.strategies cascade');
    const none = await own.send<object, never>('{ strategies { nodes { id } } }');
    expect(none.status).toBe(503);
  } finally {
    await own.close();
  }
});
