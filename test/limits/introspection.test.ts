import { getIntrospectionQuery, type OperationDefinitionNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { checkCost } from '../../src/limits/cost.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { openTestService, serve, type TestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/small-world.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(), smallWorldAsOf);
});
afterAll(() => service.close());

const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, at) => `a${at}: ${field}`).join(' ');

async function refusal(query: string, of: TestService = service) {
  const { status, data, errors } = await of.send(query);
  return { status, hasData: data !== undefined, code: errors?.[0]?.extensions.code, message: errors?.[0]?.message };
}

describe('introspection costs what it answers', () => {
  test.each([
    // 24 kB that were answered with 36 MB.
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
  ])('%s: refused', async (_name, query) => {
    const { status, code, message, hasData } = await refusal(query);
    expect({ status, code, hasData }).toEqual({ status: 400, code: 'COST_LIMIT', hasData: false });
    expect(message).toMatch(/^The introspection in this operation \(__schema, __type\) costs more than 20,000/);
  });

  test.each([
    [
      'with everything',
      {
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      },
    ],
    ['as most clients send it', {}],
  ])('the query that tools send is answered %s', async (_name, options) => {
    const { status, data, errors } = await service.send<{ __schema: { types: unknown[] } }, object>(
      getIntrospectionQuery(options),
    );
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(data.__schema.types.length).toBeGreaterThan(50);
  });

  test('the cost is that of the answer: as many objects, and 256 bytes of keys and values each', async () => {
    const schema = await buildApiSchema();
    const query =
      '{ __schema { types { kind fields(includeDeprecated: true) { name } } } __type(name: "Query") { name } }';
    const { data } = await service.send<unknown, object>(query);
    const document = parse(query);
    // Introspection may take a fifth.
    const cost = leastCost((most) =>
      checkCost(schema, document, document.definitions[0] as OperationDefinitionNode, {}, most * 5),
    );
    expect(cost).toBe(Math.ceil(costOf(data)));
  });
});

/** What an answer costs by the rule: each field with an object or a list of them 1, each object 1, the rest by its bytes. */
function costOf(value: unknown): number {
  return Object.entries(value as object).reduce((sum, [key, child]) => {
    const objects = Array.isArray(child) ? child : typeof child === 'object' ? [child] : null;
    if (objects === null) return sum + (key.length + JSON.stringify(child).length) / 256;
    return objects.reduce((cost, each) => cost + (each === null ? 0 : 1 + costOf(each)), sum + 1);
  }, 0);
}

/** The smallest limit, in whole numbers, under which nothing is thrown. */
function leastCost(check: (most: number) => void): number {
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
  ])('more than 50 are refused: %s', async (_name, query) => {
    const { status, code, message, hasData } = await refusal(query);
    expect({ status, code, hasData }).toEqual({ status: 400, code: 'COST_LIMIT', hasData: false });
    expect(message).toContain('more than 50 top-level fields');
  });

  test('fifty are answered', async () => {
    const { data } = await service.send<object, object>(dataStatus(50));
    expect(Object.keys(data)).toHaveLength(50);
  });

  test('fragments that double at each step end the count early', async () => {
    const doubling = Array.from({ length: 30 }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`);
    const query = `{ ...f0 } ${doubling.join(' ')} fragment f30 on Query { dataStatus { build } }`;
    expect((await refusal(query)).status).toBe(400);
  });
});

describe('the size of an answer', () => {
  test('long aliases count, as each row repeats them', async () => {
    const long = (at: number) => `${'x'.repeat(2_000)}${at}`;
    const fields = Array.from({ length: 20 }, (_, at) => `${long(at)}: id`).join(' ');
    expect(await refusal(`{ conversions(first: 1000) { nodes { ${fields} } } }`)).toMatchObject({
      status: 400,
      code: 'COST_LIMIT',
    });
  });

  test('what turns out too long is not sent, and the answer says by how much', async () => {
    const { limits } = loadConfig({});
    const small = await serve(service.database.target, { limits: { ...limits, maxAnswerBytes: 2_000 } });
    try {
      const whole = '{ conversions(first: 100) { nodes { id clickId payout convertedAt } } }';
      const { status, code, message, hasData } = await refusal(whole, small);
      expect({ status, code, hasData }).toEqual({ status: 400, code: 'COST_LIMIT', hasData: false });
      expect(message).toMatch(/^The answer has 0\.0 MiB; the limit is 0\.0 MiB \(MAX_ANSWER_MEGABYTES\)/);
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
    closed = await serve(service.database.target, { limits });
  });
  afterAll(() => closed.close());

  test.each(['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }'])(
    '%s is refused',
    async (query) => {
      expect(await refusal(query, closed)).toEqual({
        status: 400,
        hasData: false,
        code: 'GRAPHQL_VALIDATION_FAILED',
        message: 'Introspection is off (INTROSPECTION=off). The schema is in src/schema/schema.graphql.',
      });
    },
  );

  test('errors do not suggest names; __typename and data are answered', async () => {
    for (const query of [
      '{ strategie { id } }',
      '{ strategies { nodes { nam } } }',
      '{ strategies(orderBy: {field: NAM}) { nodes { id } } }',
      '{ strategies(firs: 1) { nodes { id } } }',
    ]) {
      expect((await refusal(query, closed)).message, query).not.toMatch(/did you mean/i);
      expect((await refusal(query)).message, query).toMatch(/did you mean/i);
    }
    expect((await closed.send('{ __typename dataStatus { build } }')).errors).toBeUndefined();
  });
});
