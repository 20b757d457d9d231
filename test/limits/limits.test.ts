import { getIntrospectionQuery, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { formatError } from '../../src/errors.ts';
import { checkCost } from '../../src/limits/operation-cost.ts';
import { checkOperation } from '../../src/limits/operation-size.ts';
import { serializeForSending, serializeResponse } from '../../src/limits/response-size.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  // These operations are not too large for the limits of documents.
  const { limits } = loadConfig({ MAX_ALIASES: '10000', MAX_FIELDS: '10000', MAX_STATEMENTS: '10000' });
  service = await serve(database.target, { limits });
});
afterAll(async () => {
  await service.close();
  await database.close();
});

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');

async function errorOf(query: string, target: TestService = service) {
  const { status, data, errors } = await target.send(query);
  return { status, hasData: data !== undefined, code: errors?.[0]?.extensions.code, message: errors?.[0]?.message };
}

describe('introspection costs as much as its result', () => {
  test.each([
    // 24 kB that would return 36 MB.
    ['1,200 lists of types', `{ __schema { ${aliases(1200, 'types { name description }')} } }`],
    ['lists inside the lists', `{ __schema { ${aliases(300, 'types { name fields { name description } }')} } }`],
    ['one list that repeats its fields', `{ __schema { types { ${aliases(1600, 'description')} } } }`],
    ['types by name', `{ __type(name: "Query") { ${aliases(800, 'fields { name description args { name } }')} } }`],
    [
      'a fragment',
      `{ __schema { ${aliases(400, 'types { ...f }')} } } fragment f on __Type { fields { name args { name } } }`,
    ],
    ['several roots', `{ ${aliases(50, '__schema { types { name fields { name description args { name } } } }')} }`],
    ['beside data', `{ dataStatus { build } __schema { ${aliases(1200, 'types { name description }')} } }`],
  ])('%s: rejected', async (_name, query) => {
    const { status, code, message, hasData } = await errorOf(query);
    expect({ status, code, hasData }).toEqual({ status: 400, code: 'COST_LIMIT', hasData: false });
    expect(message).toMatch(/^The introspection in this operation \(__schema, __type\) costs more than 20,000/);
  });

  test.each([
    [
      'with all options',
      {
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      },
    ],
    ['with default options', {}],
  ])('the introspection query of common tools works %s', async (_name, options) => {
    const { status, data, errors } = await service.send<{ __schema: { types: unknown[] } }, object>(
      getIntrospectionQuery(options),
    );
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data.__schema.types.length).toBeGreaterThan(50);
  });

  test('the cost is that of the result: 1 per object, and 1 per 256 bytes of keys and values', async () => {
    const schema = await buildApiSchema();
    const query =
      '{ __schema { types { kind fields(includeDeprecated: true) { name } } } __type(name: "Query") { name } }';
    const { data } = await service.send<unknown, object>(query);
    const document = parse(query);
    // Introspection may use a fifth of the limit.
    const cost = minLimit((limit) =>
      checkCost(schema, document, document.definitions[0] as OperationDefinitionNode, {}, limit * 5),
    );
    expect(cost).toBe(Math.ceil(costOf(data)));
  });
});

/** Cost of a result: bytes of keys and values, 1 per field with objects, 1 per object. */
function costOf(value: unknown): number {
  return Object.entries(value as object).reduce((sum, [key, child]) => {
    const objects = Array.isArray(child) ? child : typeof child === 'object' ? [child] : null;
    if (objects === null) return sum + (key.length + JSON.stringify(child).length) / 256;
    const first = sum + key.length / 256 + 1;
    return objects.reduce((cost, each) => cost + (each === null ? 0 : 1 + costOf(each)), first);
  }, 0);
}

/** Returns the smallest integer limit that passes the check. */
function minLimit(check: (limit: number) => void): number {
  let [low, high] = [0, 1_000_000];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    try {
      check(middle);
      high = middle;
    } catch {
      low = middle + 1;
    }
  }
  return low;
}

test.each([
  'conversions(first: null) { nodes { id } }',
  'strategies { nodes { iterations(first: null) { nodes { id } } } }',
])('a page whose size is null costs as much as one of the default size: %s', async (field) => {
  const schema = await buildApiSchema();
  const costOfQuery = (query: string) => {
    const document = parse(query);
    const operation = document.definitions[0] as OperationDefinitionNode;
    return minLimit((limit) => checkCost(schema, document, operation, {}, limit));
  };
  expect(costOfQuery(`{ ${field} }`)).toBe(costOfQuery(`{ ${field.replace('(first: null)', '')} }`));
});

describe('the estimated cost', () => {
  let costOfQuery: (query: string) => number;
  beforeAll(async () => {
    const schema = await buildApiSchema();
    costOfQuery = (query) => {
      const document = parse(query);
      const operation = document.definitions[0] as OperationDefinitionNode;
      return minLimit((limit) => checkCost(schema, document, operation, {}, limit));
    };
  });

  // In a page of 256 rows, each byte of a row costs 1. A row is an object, its key (`nodes`), its value and the value's key.
  const page = Math.ceil('pushRuns'.length / 256 + 1) + 256 + 'nodes'.length;

  test.each([
    ['id', 2 + 24],
    ['reason', 6 + 500],
    ['refusal', 7 + 1_000],
    ['findings { message }', 8 + 256 + 7 + 1_000],
    ['progress { lastFailure }', 8 + 256 + 11 + 500],
  ])('of a row counts its keys, objects and typical values: %s', (field, cost) => {
    expect(costOfQuery(`{ pushRuns(first: 256) { nodes { ${field} } } }`)).toBe(page + cost);
  });

  test('of an aliased value has half an object more, unless the alias is its own name', () => {
    const run = (value: string) => costOfQuery(`{ pushRuns(first: 256) { nodes { ${value} } } }`);
    expect(run('reason: reason')).toBe(run('reason'));
    expect(run('abcdef: reason')).toBe(run('reason') + 128);
  });

  test.each([
    ['{ dataQuality { count } }', 15 * (1 + (5 + 24) / 256) + 11 / 256],
    ['{ dataQuality { meaning } }', 15 * (1 + (7 + 300) / 256) + 11 / 256],
    ['{ dataQuality { cure } }', 15 * (1 + (4 + 300) / 256) + 11 / 256],
    ['{ dataQuality { subjects { id } } }', 15 * (1 + 8 / 256 + 10 * (1 + (2 + 24) / 256)) + 11 / 256],
    ['{ iteration(id: "1") { daily { day } } }', 1 + 9 / 256 + 5 / 256 + 30 * (1 + (3 + 24) / 256)],
    ['{ iteration(id: "1") { metrics { byGoal { payout } } } }', 2 + (9 + 7 + 6) / 256 + 10 * (1 + (6 + 24) / 256)],
  ])('of a list without pages counts as many rows as it usually has: %s', (query, cost) => {
    expect(costOfQuery(query)).toBe(Math.ceil(cost));
  });
});

test('variables are coerced once, however many introspection fields have arguments', async () => {
  const schema = await buildApiSchema();
  const readsWith = (count: number) => {
    const fields = aliases(count, 'fields(includeDeprecated: true) { name }');
    const query = `query ($ids: [ID!]) { __schema { queryType { ${fields} } } conversions(filter: {ids: $ids}) { totalCount } }`;
    const document = parse(query);
    let reads = 0;
    const ids = new Proxy(['1', '2'], {
      get: (target, key, receiver) => {
        if (key === Symbol.iterator) reads++;
        return Reflect.get(target, key, receiver);
      },
    });
    checkCost(schema, document, document.definitions[0] as OperationDefinitionNode, { ids }, 100_000);
    return reads;
  };
  expect(readsWith(1)).toBeGreaterThan(0);
  expect(readsWith(100)).toBe(readsWith(1));
});

test('of invalid variables only the first values are read: an error for each of a long list takes half a minute', async () => {
  const schema = await buildApiSchema();
  const document = parse('query ($ids: [ID!]) { conversions(filter: {ids: $ids}) { totalCount } }');
  let reads = 0;
  const ids = {
    *[Symbol.iterator]() {
      for (; reads < 1_000; reads++) yield null;
    },
  };
  checkCost(schema, document, document.definitions[0] as OperationDefinitionNode, { ids }, 100_000);
  expect(reads).toBeLessThan(5);
  // Execution rejects them.
  const { status, errors } = await service.send(
    'query ($ids: [ID!]) { conversions(filter: {ids: $ids}) { totalCount } }',
    { ids: Array(1_000).fill(null) },
  );
  expect({ status, code: errors?.[0]?.extensions.code }).toEqual({ status: 400, code: 'BAD_USER_INPUT' });
});

describe('top-level fields', () => {
  const dataStatus = (count: number) => `{ ${aliases(count, 'dataStatus { build }')} }`;

  test.each([
    ['aliases', dataStatus(51)],
    ['the same field again', `{ ${'dataStatus { build } '.repeat(51)} }`],
    ['through fragments', `{ ...a ...a } fragment a on Query { ${aliases(26, 'dataStatus { build }')} }`],
    [
      'through inline fragments',
      `{ ...on Query { ${aliases(30, '__typename')} } ... { ${aliases(21, '__typename')} } }`,
    ],
    ['of a mutation', `mutation { ${aliases(51, 'cancelPush(runId: "x") { id }')} }`],
  ])('more than 50 are rejected: %s', async (_name, query) => {
    const { status, code, message, hasData } = await errorOf(query);
    expect({ status, code, hasData }).toEqual({ status: 400, code: 'COST_LIMIT', hasData: false });
    expect(message).toMatch(
      /^This operation has 5[12] top-level fields, including aliases; the limit is 50 \(MAX_ROOT_FIELDS\)/,
    );
  });

  test('50 are accepted', async () => {
    const { data } = await service.send<object, object>(dataStatus(50));
    expect(Object.keys(data)).toHaveLength(50);
  });

  test('that double at each level of fragments are counted without expanding them', async () => {
    const doubling = Array.from({ length: 30 }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`);
    const query = `{ ...f0 } ${doubling.join(' ')} fragment f30 on Query { dataStatus { build } }`;
    const document = parse(query);
    const { limits } = loadConfig({});
    const schema = await buildApiSchema();
    expect(() => checkOperation(schema, document, document.definitions[0] as OperationDefinitionNode, limits)).toThrow(
      /^This operation has 1,073,741,824 top-level fields/,
    );
    // Apollo's limit on selections applies first.
    expect((await errorOf(query)).status).toBe(400);
  });
});

describe('an operation that is nested too deeply', () => {
  test('is rejected with its cause, and not as an internal error', async () => {
    const [flat] = parse('{ __typename }').definitions as [OperationDefinitionNode];
    let { selectionSet } = flat;
    for (let level = 0; level < 100_000; level++)
      selectionSet = { kind: Kind.SELECTION_SET, selections: [{ kind: Kind.INLINE_FRAGMENT, selectionSet }] };
    const operation = { ...flat, selectionSet };
    const document = { kind: Kind.DOCUMENT, definitions: [operation] } as const;
    const schema = await buildApiSchema();
    expect(() => checkCost(schema, document, operation, {}, 100_000)).toThrow(/^This operation is nested too deeply/);
  });

  test('if it cannot be parsed, the error says why', () => {
    const extensions = { code: 'GRAPHQL_PARSE_FAILED' };
    const error = { message: 'Maximum call stack size exceeded', extensions };
    const message = expect.stringMatching(/^This operation is nested too deeply/);
    expect(formatError(error, null, 'an id', () => expect.unreachable())).toEqual({ message, extensions });
  });

  test('a response of so many levels is not taken for one of 512 MiB', () => {
    let response = {};
    for (let level = 0; level < 100_000; level++) response = { response };
    expect(() => serializeResponse(response, 1_000)).toThrow(/^The response is nested too deeply/);
  });
});

describe('the size of a response', () => {
  const long = (bytes: number) => 'x'.repeat(bytes);

  test.each([
    ['of a value', `{ conversions(first: 1000) { nodes { ${long(30_000)}: id } } }`],
    [
      'of many values',
      `{ conversions(first: 1000) { nodes { ${aliases(20, 'id').replaceAll(/a(\d)/g, `${long(2_000)}$1`)} } } }`,
    ],
    ['of an object', `{ conversions(first: 1000) { nodes { ${long(30_000)}: strategy { id } } } }`],
    ['of a list', `{ strategies(first: 1000) { nodes { ${long(30_000)}: iterations(first: 1) { nodes { id } } } } }`],
    ['of the rows', `{ strategies(first: 1000) { nodes { iterations(first: 1) { ${long(30_000)}: nodes { id } } } } }`],
    ['of nodes of edges', `{ conversions(first: 1000) { edges { ${aliases(100, 'node { id }')} } } }`],
    ['of many short values', `{ conversions(first: 1000) { nodes { ${aliases(200, 'payout')} } } }`],
    ['of long texts', `{ pushRun(id: "x") { rows(first: 1000) { nodes { ${aliases(30, 'message')} } } } }`],
    [
      'with a list each time',
      `{ iterations(first: 1000) { nodes { ${aliases(4, `metrics(filter: {ids: [${'"x",'.repeat(1000)}]}) { conversions }`)} } } }`,
    ],
    ['of an edge', `{ conversions(first: 1000) { edges { ${long(30_000)}: node { id } } } }`],
    ['of a type name', `{ conversions(first: 1000) { nodes { ${long(30_000)}: __typename } } }`],
    ['in introspection', `{ __schema { types { fields { ${long(30_000)}: name } } } }`],
    ['of an object in introspection', `{ __schema { types { fields { ${long(30_000)}: type { name } } } } }`],
    ['of a type name in introspection', `{ __schema { types { fields { ${long(30_000)}: __typename } } } }`],
  ])('keys and values count for each row: %s', async (_name, query) => {
    service.takeStatements();
    const { status, code } = await errorOf(query);
    expect({ status, code }).toEqual({ status: 400, code: 'COST_LIMIT' });
    expect(service.takeStatements()).toEqual([]);
  });

  test.each(['x', 'é', '漢', '😀'])('is measured in bytes: %s', (character) => {
    const response = { value: character.repeat(100) };
    const bytes = Buffer.byteLength(JSON.stringify(response)) + 1;
    expect(serializeResponse(response, bytes)).toBe(`${JSON.stringify(response)}\n`);
    expect(() => serializeResponse(response, bytes - 1)).toThrow(/^The response is 0\.0 MiB/);
  });

  test.each(
    ['x', 'é', '漢', '😀', '\ud83d'].flatMap((character) => [10, 20_000].map((length) => ({ character, length }))),
  )('is the same whether it is sent as text or as bytes: $length times $character', ({ character, length }) => {
    const response = { value: character.repeat(length) };
    const text = `${JSON.stringify(response)}\n`;
    const bytes = Buffer.byteLength(text);
    const sent = serializeForSending(response, bytes);
    expect(typeof sent).toBe(length > 10 ? 'object' : 'string');
    expect(String(sent)).toBe(text);
    expect(() => serializeForSending(response, bytes - 1)).toThrow(/^The response is 0\.\d MiB/);
  });

  test('a response over the limit is not sent, and the error has its size', async () => {
    const { limits } = loadConfig({});
    const small = await serve(database.target, { limits: { ...limits, maxAnswerBytes: 2_000 } });
    try {
      const whole = '{ conversions(first: 100) { nodes { id clickId payout convertedAt } } }';
      const { status, code, message, hasData } = await errorOf(whole, small);
      expect({ status, code, hasData }).toEqual({ status: 400, code: 'COST_LIMIT', hasData: false });
      expect(message).toMatch(/^The response is 0\.0 MiB; the limit is 0\.0 MiB \(MAX_ANSWER_MEGABYTES\)/);
      expect((await small.send('{ conversions(first: 5) { nodes { id } } }')).errors).toBeUndefined();
    } finally {
      await small.close();
    }
  });
});

describe('with introspection off', () => {
  let closed: TestService;
  beforeAll(async () => {
    const { limits } = loadConfig({ INTROSPECTION: 'off' });
    closed = await serve(database.target, { limits });
  });
  afterAll(() => closed.close());

  test.each(['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }'])(
    '%s is rejected',
    async (query) => {
      expect(await errorOf(query, closed)).toEqual({
        status: 400,
        hasData: false,
        code: 'GRAPHQL_VALIDATION_FAILED',
        message: 'Introspection is off on this service (INTROSPECTION=off).',
      });
    },
  );

  test('errors do not suggest names; __typename and data work', async () => {
    for (const query of [
      '{ strategie { id } }',
      '{ strategies { nodes { nam } } }',
      '{ strategies(orderBy: {field: NAM}) { nodes { id } } }',
      '{ strategies(firs: 1) { nodes { id } } }',
    ]) {
      expect((await errorOf(query, closed)).message, query).not.toMatch(/did you mean/i);
      expect((await errorOf(query)).message, query).toMatch(/did you mean/i);
    }
    const byVariable =
      'query ($order: StrategyOrder, $filter: StrategyFilter) { strategies(orderBy: $order, filter: $filter) { nodes { id } } }';
    for (const variables of [{ order: { field: 'NAM' } }, { filter: { idss: ['1'] } }]) {
      const [hidden] = (await closed.send(byVariable, variables)).errors ?? [];
      expect(hidden?.extensions.code).toBe('BAD_USER_INPUT');
      expect(hidden?.message).not.toMatch(/did you mean/i);
      expect((await service.send(byVariable, variables)).errors?.[0]?.message).toMatch(/did you mean/i);
    }
    expect((await closed.send('{ __typename dataStatus { build } }')).errors).toBeUndefined();
  });
});
