import { ApolloServer } from '@apollo/server';
import fc from 'fast-check';
import {
  GraphQLError,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  Kind,
  parse,
  print,
} from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CompiledOperations, type ExecutionContext } from '../../src/execution/compiled-operations.ts';
import { executeCompiled } from '../../src/execution/plugin.ts';
import { countFields } from '../../src/limits/operation-size.ts';
import { ClientDisconnected } from '../../src/limits/request-errors.ts';

interface Item {
  readonly name: string;
  readonly depth: number;
}

let failures = 0;

/** A schema with lists, nulls, promises and errors in every place, resolved by depth and name. */
const Item: GraphQLObjectType = new GraphQLObjectType<Item>({
  name: 'Item',
  fields: () => ({
    name: { type: new GraphQLNonNull(GraphQLString) },
    echo: {
      type: GraphQLString,
      args: { text: { type: GraphQLString }, times: { type: GraphQLInt, defaultValue: 1 } },
      resolve: (_item, { text, times }: { text?: string | null; times?: number | null }) => `${text}${times}`,
    },
    later: { type: GraphQLString, resolve: async ({ name }) => `later ${name}` },
    nothing: { type: GraphQLString, resolve: () => null },
    fails: {
      type: GraphQLString,
      resolve: ({ name }) => {
        failures += 1;
        throw new GraphQLError(`failed at ${name}`, { extensions: { code: 'FAILED' } });
      },
    },
    failsLater: {
      type: new GraphQLNonNull(GraphQLString),
      resolve: async ({ name }) => Promise.reject(new Error(name)),
    },
    item: { type: Item, resolve: ({ name, depth }) => ({ name: `${name}.item`, depth: depth + 1 }) },
    items: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Item))),
      resolve: async ({ name, depth }) =>
        Array.from({ length: 3 - Math.min(depth, 3) }, (_, index) => ({ name: `${name}.${index}`, depth: depth + 1 })),
    },
  }),
});

let calls: string[] = [];
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { root: { type: Item, resolve: () => ({ name: 'root', depth: 0 }) } },
  }),
  mutation: new GraphQLObjectType({
    name: 'Mutation',
    fields: {
      call: {
        type: GraphQLString,
        args: { name: { type: GraphQLString } },
        resolve: (_root, { name }) => void calls.push(name),
      },
    },
  }),
});

const operations = new CompiledOperations(schema, 0);
const compiling = new ApolloServer<ExecutionContext>({ schema, plugins: [executeCompiled(operations)] });
const interpreting = new ApolloServer<ExecutionContext>({ schema });

beforeAll(async () => {
  await Promise.all([compiling.start(), interpreting.start()]);
});
afterAll(async () => {
  await Promise.all([compiling.stop(), interpreting.stop()]);
});

const contextOf = (signal = new AbortController().signal): ExecutionContext => ({
  request: { signal },
  trustedDocument: null,
});

async function answer(
  server: ApolloServer<ExecutionContext>,
  query: string,
  variables: Record<string, unknown> = {},
  operationName?: string,
) {
  const request = { query, variables, ...(operationName ? { operationName } : {}) };
  const { body, http } = await server.executeOperation(request, { contextValue: contextOf() });
  // As text: a comparison of objects does not see a key like __proto__.
  return { status: http.status, body: JSON.stringify(body.kind === 'single' ? body.singleResult : body) };
}

async function expectSame(query: string, variables: Record<string, unknown> = {}, operationName?: string) {
  const expected = await answer(interpreting, query, variables, operationName);
  for (let time = 0; time < 2; time += 1) {
    expect(await answer(compiling, query, variables, operationName), query).toEqual(expected);
  }
  return expected.body;
}

const leaf = fc.constantFrom(
  'name',
  'later',
  'nothing',
  '__typename',
  'echo',
  'echo(text: $text)',
  'echo(text: "a", times: 2)',
  'echo(times: null)',
);
const failing = fc.constantFrom('fails', 'failsLater');
const { selection } = fc.letrec<{ selection: string; field: string }>((tie) => ({
  selection: fc
    .array(tie('field'), { minLength: 1, maxLength: 4 })
    .map((fields) => `{ ${fields.map((field, at) => `f${at}: ${field}`).join(' ')} name }`),
  field: fc.oneof(
    { maxDepth: 4 },
    leaf,
    { arbitrary: failing, weight: 1 },
    tie('selection').map((inner) => `item ${inner}`),
    tie('selection').map((inner) => `items ${inner}`),
  ),
}));

test('random queries have the same answer as with graphql-js, errors included', async () => {
  await fc.assert(
    fc.asyncProperty(selection, fc.constantFrom({}, { text: null }, { text: 'é"\\' }), (inner, variables) =>
      expectSame(`query ($text: String) { root ${inner} other: root { echo(text: $text) } }`, variables).then(() => {}),
    ),
    { numRuns: 200 },
  );
});

test.each([
  [
    'a fragment that is used twice, once with a condition',
    'query ($yes: Boolean!) { a: root { ...F @include(if: $yes) } b: root { ...F } } fragment F on Item { name }',
    { yes: false },
  ],
  ['a variable that is missing', 'query ($text: String!) { root { echo(text: $text) } }', {}],
  ['a variable of another type', 'query ($times: Int) { root { echo(times: $times) } }', { times: 'many' }],
  ['a variable that is a fraction', 'query ($times: Int) { root { echo(times: $times) } }', { times: 1.5 }],
  ['a variable that was not declared', 'query { root { echo(text: "a") } }', { other: 1 }],
  ['a default of a variable', 'query ($text: String = "b") { root { echo(text: $text) } }', {}],
  ['names of objects', '{ root { __proto__: name constructor: name toString: later } }', {}],
  ['an introspection', '{ __schema { queryType { name } } root { name } }', {}],
  ['an unknown operation', 'query A { root { name } }', {}],
  ['a variable that is named __proto__', 'query ($__proto__: String = "b") { root { echo(text: $__proto__) } }', {}],
])('%s: the same answer', async (name, query, variables) => {
  await expectSame(query, variables, name === 'an unknown operation' ? 'B' : undefined);
});

test('each operation of a document has its own function', async () => {
  const document = 'query A { root { name } } query B { root { later } }';
  expect(await expectSame(document, {}, 'A')).toBe('{"data":{"root":{"name":"root"}}}');
  expect(await expectSame(document, {}, 'B')).toBe('{"data":{"root":{"later":"later root"}}}');
});

test('no text of a document becomes code', async () => {
  const marked = [
    '"__MAGIC_DATE__33a9e76d_02e0_4128_8e92_3530ad3da74d(globalThis.attacked = 1)"',
    '"__MAGIC_NAN__57f286b9_4c20_487f_b409_79804ddcb4f8"',
  ];
  const others = [
    '"` + (globalThis.attacked = 1) + `"',
    '"\\u2028"',
    '"\\\\\\"; globalThis.attacked = 1; //"',
    '"""a\n  "b" \\""" c"""',
  ];
  for (const text of [...marked, ...others, ...marked.map((each) => each.replace('__M', '\\u005f_M'))]) {
    await expectSame(`{ root { echo(text: ${text}) } }`);
  }
  expect(globalThis).not.toHaveProperty('attacked');
});

test('mutations are executed once', async () => {
  calls = [];
  await answer(compiling, 'mutation { call(name: "a") }');
  await answer(compiling, 'mutation { call(name: "a") }');
  expect(calls).toEqual(['a', 'a']);
});

test('a document that fragments double at each level is executed, but not compiled', async () => {
  const levels = Array.from({ length: 16 }, (_, level) => {
    const next = level < 15 ? `...F${level + 1} item { ...F${level + 1} }` : '';
    return `fragment F${level} on Item { name ${next} }`;
  });
  const document = parse(`{ root { ...F0 } } ${levels.join(' ')}`);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the first definition is the operation');
  expect(countFields(schema, document, operation)).toBe(3 * 2 ** 15 - 1);
  await expectSame(print(document));
});

test('an operation whose answer has an error is executed by graphql-js for some time', async () => {
  const query = '{ root { name fails again: fails } }';
  const before = failures;
  for (let time = 0; time < 10; time += 1) await answer(compiling, query);
  // The first time by both.
  expect(failures - before).toBe(2 * 11);
});

test('functions of many operations make room for others', async () => {
  const fields = Array.from({ length: 400 }, (_, index) => `f${index}: name`).join(' ');
  const names = Array.from({ length: 60 }, (_, index) => `Q${index}`);
  const document = `${names.map((name) => `query ${name} { root { ...F } }`).join(' ')} fragment F on Item { ${fields} }`;
  const first = await answer(interpreting, document, {}, 'Q0');
  for (const name of [...names, 'Q0']) expect(await answer(compiling, document, {}, name)).toEqual(first);
});

test('nothing is executed again for a client that has left', async () => {
  const before = failures;
  const contextValue = contextOf(AbortSignal.abort(new ClientDisconnected()));
  const { body, http } = await compiling.executeOperation({ query: '{ root { fails } }' }, { contextValue });
  expect(http.status).toBe(499);
  expect(body).toMatchObject({
    singleResult: { data: null, errors: [{ extensions: { code: 'CLIENT_DISCONNECTED' } }] },
  });
  expect(failures - before).toBe(1);
});
