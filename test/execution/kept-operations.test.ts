import {
  type DefinitionNode,
  GraphQLBoolean,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import { BadUserInput } from '../../src/errors.ts';
import { CompiledOperations, type ExecutionContext } from '../../src/execution/compiled-operations.ts';
import { ClientDisconnected } from '../../src/limits/request-errors.ts';

// Which operations are kept as functions, and found. Their answers: compiled-operations.test.ts.

const Item = new GraphQLObjectType({
  name: 'Item',
  fields: {
    name: { type: GraphQLString },
    echo: { type: GraphQLString, args: { text: { type: GraphQLString } } },
    refuses: {
      type: GraphQLString,
      args: { isBad: { type: GraphQLBoolean } },
      resolve: (_item, { isBad }: { isBad?: boolean }) => {
        if (isBad) throw new BadUserInput('isBad', 'must not be true.');
        return null;
      },
    },
  },
});
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { root: { type: Item, resolve: () => ({ name: 'root' }) } } }),
});

const contextOf = (signal = new AbortController().signal): ExecutionContext => ({
  request: { signal },
  trustedDocument: null,
});

/** Compiles an operation, and lets it be found. */
function known(of: CompiledOperations, text: string, name?: string) {
  const document = parse(text);
  const isMeant = (node: DefinitionNode): node is OperationDefinitionNode =>
    node.kind === Kind.OPERATION_DEFINITION && (name === undefined || node.name?.value === name);
  const operation = document.definitions.find(isMeant);
  if (!operation) throw new Error('no operation');
  const compile = (context: ExecutionContext) => of.executed(document, operation, context);
  const compiled = compile(contextOf());
  if (compiled) {
    of.remember(compiled, text, name);
    of.wasSent(text);
  }
  return { compiled, compile, isFound: () => of.find(text, name) !== null };
}

const letters = (count: number) => `{ root { echo(text: "${'a'.repeat(count)}") } }`;

test('large operations are counted by their text, other operations of their document are not kept', () => {
  const own = new CompiledOperations(schema, 0);
  const large = Array.from({ length: 60 }, (_, at) => known(own, letters(20_000 + at)));
  expect(large.filter(({ isFound }) => isFound())).toHaveLength(19);
  expect(known(own, letters(25_000)).compiled).toBeNull();

  const others = new CompiledOperations(schema, 0);
  const small = Array.from({ length: 60 }, (_, at) =>
    known(others, `query A { root { ...F } } query B ${letters(100_000 + at)} fragment F on Item { name }`, 'A'),
  );
  expect(small.filter(({ isFound }) => isFound())).toHaveLength(60);
  expect(small[0]?.compiled?.size).toBeLessThan(35);
});

test('an operation that made room is not found, and does not hide another one with the same text', () => {
  const of = new CompiledOperations(schema, 0);
  const text = '{ root { name } }';
  const [first, second] = [known(of, text), known(of, text)];
  const fill = () => Array.from({ length: 19 }, (_, at) => known(of, letters(20_000 + at)));
  expect(first.compile(contextOf())).not.toBe(second.compile(contextOf()));
  // The first one makes room, as the second one is used in between.
  for (let time = 0; time < 2; time += 1) {
    fill();
    expect(second.isFound()).toBe(true);
  }
  expect(of.hasPassed(text)).toBe(true);
  fill();
  fill();
  expect(second.isFound()).toBe(false);
  expect(of.hasPassed(text)).toBe(false);
  if (second.compiled) of.remember(second.compiled, text, undefined);
  of.wasSent(text);
  expect(of.hasPassed(text)).toBe(false);
});

test('a request for which a function has failed gets no other function', async () => {
  const of = new CompiledOperations(schema, 0);
  const { compiled, compile } = known(of, 'query ($isBad: Boolean) { root { refuses(isBad: $isBad) } }');
  if (!compiled) throw new Error('not compiled');
  const [good, bad, aborted] = [contextOf(), contextOf(), contextOf(AbortSignal.abort(new ClientDisconnected()))];
  expect(await of.execute(compiled, good, {})).toEqual({ root: { refuses: null } });
  for (const context of [bad, aborted]) {
    expect(await of.execute(compiled, context, { isBad: true })).toBeNull();
    expect(compile(context)).toBeNull();
    // Others are not concerned.
    expect(compile(good)).toBe(compiled);
  }
});

test('a function that throws has failed', async () => {
  const broken = {
    get name() {
      throw new Error('it has no name');
    },
  };
  // Without Apollo, which gives each field a resolver.
  const Broken = new GraphQLObjectType({ name: 'Broken', fields: { name: { type: GraphQLString } } });
  const query = new GraphQLObjectType({ name: 'Query', fields: { root: { type: Broken, resolve: () => broken } } });
  const of = new CompiledOperations(new GraphQLSchema({ query }), 0);
  const { compiled, isFound } = known(of, '{ root { name } }');
  if (!compiled) throw new Error('not compiled');
  expect(() => compiled.function(undefined, contextOf(), {})).toThrow('it has no name');
  expect(isFound()).toBe(true);
  expect(await of.execute(compiled, contextOf(), {})).toBeNull();
  expect(isFound()).toBe(false);
});
