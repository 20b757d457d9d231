import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isObjectType,
  Kind,
  parse,
} from 'graphql';
import { beforeAll, expect, test } from 'vitest';
import { DomainError } from '../../src/errors.ts';
import { planCost } from '../../src/limits/cost-plan.ts';
import { checkCost } from '../../src/limits/operation-cost.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { proofs } from '../support/proofs.ts';

let schema: GraphQLSchema;
beforeAll(async () => {
  schema = await buildApiSchema();
});

/** The plan's cost; `invalid` if it throws; null: there is no plan. */
function planned(query: string, variables: Record<string, unknown>) {
  const { document, operation, coerced } = read(query, variables);
  const plan = planCost(schema, document, operation);
  try {
    return plan === null ? null : plan(coerced);
  } catch {
    return 'invalid';
  }
}

function read(query: string, variables: Record<string, unknown>) {
  const document = parse(query);
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('no operation');
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  return { document, operation, coerced };
}

/** The code of the error with this limit; null: none. */
function refusal(query: string, variables: Record<string, unknown>, limit: number): string | null {
  const { document, operation } = read(query, variables);
  try {
    checkCost(schema, document, operation, variables, limit);
    return null;
  } catch (error) {
    if (error instanceof DomainError) return error.extensions.code;
    throw error;
  }
}

/** The largest number below a positive one. */
function below(number: number): number {
  const bits = new BigUint64Array([0n]);
  const float = new Float64Array(bits.buffer);
  float[0] = number;
  bits[0] = (bits[0] ?? 0n) - 1n;
  return float[0];
}

function expectSame(query: string, variables: Record<string, unknown>): void {
  const cost = planned(query, variables);
  if (typeof cost !== 'number') {
    expect(refusal(query, variables, 1e9), query).toBe('BAD_USER_INPUT');
    return;
  }
  expect(refusal(query, variables, cost), query).toBeNull();
  expect(refusal(query, variables, below(cost)), query).toBe('COST_LIMIT');
}

type Pick = <Value>(values: readonly Value[]) => Value;

/** The arguments of a field: often with variables; some are null, and of the required ones some are missing. */
function argumentsOf({ args }: GraphQLField<unknown, unknown>, pick: Pick): string {
  const values: Readonly<Record<string, readonly string[]>> = {
    first: ['', '', '$first', '$first', '3', '0', 'null'],
    filter: ['', '', '{ ids: $ids }', '{ ids: ["1", $id] }', '{ ids: [] }', '$filter'],
    id: ['$id', '"1"', '$id', 'null'],
    after: ['', '$after'],
    groupBy: ['[DAY]', '$groups'],
  };
  const given = args.flatMap(({ name }) => {
    const value = pick(values[name] ?? ['']);
    return value === '' ? [] : [`${name}: ${value}`];
  });
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

/** A selection of a type, with aliases and fragments. Not always a valid one: plans do not validate. */
function selectionOf(type: GraphQLNamedType, pick: Pick, depth: number): string {
  const fields = Object.values((type as GraphQLObjectType).getFields()).filter(
    (field) => depth > 0 || !isObjectType(getNamedType(field.type)),
  );
  const count = pick([1, 2, 3, 4]);
  const selected = Array.from({ length: count }, () => {
    const field = fields.length === 0 ? null : pick(fields);
    if (field === null || pick([0, 1, 2, 3, 4, 5, 6, 7]) === 0) return '__typename';
    const inner = getNamedType(field.type);
    const alias = pick(['', '', 'a: ', `${'long'.repeat(50)}: `, `${field.name}: `]);
    const below = isObjectType(inner) ? ` ${selectionOf(inner, pick, depth - 1)}` : '';
    const text = `${alias}${field.name}${argumentsOf(field, pick)}${below}`;
    return pick([0, 1, 2, 3]) === 0 ? `... on ${type.name} { ${text} }` : text;
  });
  const spread = type.name === 'Strategy' && pick([0, 1]) === 0 ? ' ...Shared' : '';
  return `{ ${selected.join(' ')}${spread} }`;
}

const shared = 'fragment Shared on Strategy { id iterations(first: $first) { nodes { id name } } }';
const head =
  'query Q($first: Int = 7, $ids: [ID!], $id: ID! = "1", $after: String, $filter: StrategyFilter, $groups: [MetricDimension!]! = [DAY])';

test('random operations cost the same as in the walk of the document, to the last digit', () => {
  fc.assert(
    fc.property(
      fc.gen(),
      fc.record(
        {
          first: fc.option(fc.integer({ min: -1, max: 2_000 })),
          ids: fc.option(fc.array(fc.constantFrom('1', '22'), { maxLength: 60 })),
          id: fc.constant('5'),
          filter: fc.constant({ ids: ['1', '2', '3'] }),
          groups: fc.constant(['DAY', 'STRATEGY']),
        },
        { requiredKeys: [] },
      ),
      (gen, variables) => {
        const pick: Pick = (values) => values[gen(fc.nat, values.length - 1)] as (typeof values)[number];
        const root = selectionOf(schema.getQueryType() as GraphQLObjectType, pick, 4);
        expectSame(`${head} ${root} ${shared}`, variables);
      },
    ),
    { numRuns: proofs(3_000, 300) },
  );
});

test.each([
  ['a list in a literal', '{ strategies(filter: { ids: ["1", "2"] }) { nodes { id } } }', {}],
  ['a default', 'query ($first: Int = 9) { strategies(first: $first) { nodes { id } } }', {}],
  ['null', 'query ($first: Int = 9) { strategies(first: $first) { nodes { id } } }', { first: null }],
  ['a fragment twice', `query ($first: Int) { strategies { nodes { ...Shared ...Shared } } } ${shared}`, { first: 4 }],
])('%s: the same cost', (_, query, variables) => {
  expect(planned(query, variables)).toBeTypeOf('number');
  expectSame(query, variables);
});

test.each([
  ['a directive', '{ strategies { totalCount @include(if: true) } }'],
  ['a directive of a fragment', '{ strategies { ... @include(if: true) { totalCount } } }'],
  ['introspection', '{ __schema { queryType { name } } }'],
  ['introspection of a type', '{ __type(name: "Query") { name } }'],
  ['an argument that is always invalid', '{ strategies(first: "x") { totalCount } }'],
])('%s: no plan', (_, query) => {
  expect(planned(query, {})).toBeNull();
});
