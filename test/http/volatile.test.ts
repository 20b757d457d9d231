import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { type Sandbox, startSandbox } from '../../src/embedded/sandbox/index.ts';
import { isVolatile, isVolatileField } from '../../src/http/volatile.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { askPush, PushWarehouse } from '../support/push-api.ts';
import { fast, token } from '../support/push-stages.ts';
import { type Answer, serve, type TestService } from '../support/service.ts';

/** Values of required arguments, for objects that exist. */
const argumentValues: Readonly<Record<string, string>> = {
  'Query.strategy': '(id: "1")',
  'Query.iteration': '(id: "1")',
  'Query.conversion': '(id: "e1")',
  'Query.metrics': '(groupBy: [STRATEGY, ITERATION, CAMPAIGN, OFFER, GOAL, STATUS, DAY, HOUR])',
  'Query.buildDiff': '(from: "build-1")',
  'Query.changes': '(sinceBuild: "build-1")',
  'Query.campaign': '(id: "1")',
  'Query.attributionSummaries': '(groupBy: [STRATEGY, CAMPAIGN, DAY])',
  'Query.dataQualitySubjects': '(check: SHARED_OFFER)',
  'Query.explainAttribution': '(conversionId: "e1")',
};

/** Six months, in minutes. */
const months = 6 * 30 * 24 * 60;

let schema: GraphQLSchema;
let warehouse: PushWarehouse;
let sandbox: Sandbox;
/** Two services with the same warehouse: one before a push, one after it, a year later, and after a refresh of the mirror. */
let before: TestService;
let after: TestService;
let runId: string;
let savedQueryId: string;

beforeAll(async () => {
  schema = await buildApiSchema();
  warehouse = await PushWarehouse.open(4);
  // A finding, so that the fields of findings have values.
  await warehouse.database.query(
    `insert into adsuite_mirror.strategies (id, tune_offer_id, created_at) values (3, 52, '2026-01-01')`,
  );
  await warehouse.build();
  sandbox = await startSandbox({ port: 0, token, folder: null, now: () => new Date() });
  const staleAfterMinutes = { build: months, mirror: months, events: months, clicks: months };
  // One query selects everything.
  const { limits } = loadConfig({
    MAX_COST: '100000000',
    MAX_STATEMENTS: '10000',
    MAX_DEPTH: '200',
    MAX_FIELDS: '10000',
    MAX_TOKENS: '100000',
  });
  const serveAt = (now: string) =>
    serve(
      warehouse.database.target,
      { now: () => new Date(now), staleAfterMinutes, limits },
      {},
      { adsuite: { url: sandbox.url, token }, delivery: fast },
    );
  before = await serveAt('2026-02-20T00:10:00Z');
  after = await serveAt('2027-02-20T00:10:00Z');
});
afterAll(async () => {
  await before.close();
  await after.close();
  await sandbox.close();
  await warehouse.database.close();
});

const objectOf = ({ type }: GraphQLField<unknown, unknown>): GraphQLObjectType | null => {
  const named = getNamedType(type);
  return isObjectType(named) ? named : null;
};

/** The arguments of a field in a query: what it requires, and small pages. */
function argumentsOf(parent: string, { name, args }: GraphQLField<unknown, unknown>): string {
  const given = argumentValues[`${parent}.${name}`];
  if (given) return given;
  if (args.some(isRequiredArgument)) throw new Error(`argumentValues has nothing for ${parent}.${name}`);
  return args.some((argument) => argument.name === 'first') ? '(first: 3)' : '';
}

const fieldsOf = (type: GraphQLObjectType) => Object.values(type.getFields());

/** All fields that queries can reach without a volatile field, and the volatile ones at their edge, as `Type.field`. */
function reachable(): { readonly stable: Set<string>; readonly marked: Set<string> } {
  const [stable, marked] = [new Set<string>(), new Set<string>()];
  const visited = new Set<GraphQLObjectType>();
  const stack = [schema.getQueryType()];
  for (let type = stack.pop(); type; type = stack.pop()) {
    if (visited.has(type)) continue;
    visited.add(type);
    for (const field of fieldsOf(type)) {
      (isVolatileField(field) ? marked : stable).add(`${type.name}.${field.name}`);
      const object = objectOf(field);
      if (object && !isVolatileField(field)) stack.push(object);
    }
  }
  return { stable, marked };
}

/** Levels of a query that select everything. Every path through the types of the schema would exceed the limit of fields. */
const fullLevels = 9;

/**
 * A selection of all stable fields of a type and of those below it. A type is not entered again below itself, and below the
 * full levels not if the query has entered it before.
 *
 * @param selected gets the fields.
 * @param entered the types that the query has entered.
 */
function selectionOf(
  type: GraphQLObjectType,
  above: readonly string[],
  selected: Set<string>,
  entered = new Set<string>(),
): string {
  entered.add(type.name);
  const parts = fieldsOf(type).flatMap((field) => {
    const name = `${type.name}.${field.name}`;
    const object = objectOf(field);
    if (isVolatileField(field) || (object && above.includes(object.name))) return [];
    if (object && above.length >= fullLevels && entered.has(object.name)) return [];
    selected.add(name);
    const below = object ? ` { ${selectionOf(object, [...above, type.name], selected, entered)} }` : '';
    return [`${field.name}${argumentsOf(type.name, field)}${below}`];
  });
  return ['__typename', ...parts].join(' ');
}

/** One query for each stable root field, with everything below it, and the fields that they select. */
function stableQueries() {
  const selected = new Set<string>();
  const query = schema.getQueryType();
  if (!query) throw new Error('no queries');
  const queries = fieldsOf(query)
    .filter((field) => !isVolatileField(field))
    .map((field) => {
      selected.add(`Query.${field.name}`);
      const object = objectOf(field);
      const below = object ? ` { ${selectionOf(object, ['Query'], selected)} }` : '';
      return { name: field.name, text: `{ ${field.name}${argumentsOf('Query', field)}${below} }` };
    });
  return { queries, selected };
}

const ask = (of: TestService, text: string): Promise<Answer<Record<string, unknown>>> => of.send(text);

/** Only below a conversion, which these fields have again. */
const nested = ['ConversionState.state'];

test('the queries below select every stable field of the schema', () => {
  const { stable } = reachable();
  const { selected } = stableQueries();
  expect([...stable].filter((name) => !selected.has(name))).toEqual(nested);
  expect(stable.size).toBeGreaterThan(100);
});

test('every stable field answers the same a year later, after a push, a saved query and a refresh of the mirror', async () => {
  const { queries } = stableQueries();
  const earlier = await Promise.all(queries.map(({ text }) => ask(before, text)));
  const run = await askPush(after.url).push({ override: { reason: 'a test' } });
  runId = run.id;
  const saved = await ask(after, 'mutation { saveQuery(input: {name: "a", document: "{ __typename }"}) { id } }');
  savedQueryId = (saved.data as { saveQuery: { id: string } }).saveQuery.id;
  await warehouse.database.query(
    `insert into adsuite_mirror.refreshes values ('strategies', '2027-02-20', '2027-02-20'), ('iterations', '2027-02-20', '2027-02-20')`,
  );
  for (const [at, { name, text }] of queries.entries()) {
    expect(isVolatile(schema, parse(text)), name).toBe(false);
    const later = await ask(after, text);
    expect([later.errors, later.status], name).toEqual([undefined, 200]);
    // Not trivially equal.
    expect(JSON.stringify(later.data).length, name).toBeGreaterThan(50);
    expect(later, name).toEqual(earlier[at]);
  }
});

describe('every marked field is one that changes', () => {
  /** Queries of each marked field; they answer differently before and after. */
  const changing = (): Readonly<Record<string, string>> => ({
    'Query.planMetricsPush': '{ planMetricsPush(input: {}) { planHash totals { changed } } }',
    'Query.pushRun': `{ pushRun(id: "${runId}") { id } }`,
    'Query.pushRuns': '{ pushRuns { totalCount } }',
    'Query.pushDrift': '{ pushDrift { counts { kind iterations } } }',
    'Query.savedQueries': '{ savedQueries { totalCount } }',
    'Query.savedQuery': `{ savedQuery(id: "${savedQueryId}") { id } }`,
    'DataStatus.lagSeconds': '{ dataStatus { lagSeconds } }',
    'DataStatus.isStale': '{ dataStatus { isStale } }',
    'DataStatus.staleReasons': '{ dataStatus { staleReasons } }',
    'DataStatus.mirror': '{ dataStatus { mirror { refreshedAt } } }',
    'AttributionExplanation.live': '{ explainAttribution(conversionId: "e1") { live { readAt } } }',
    'Iteration.lastPush': '{ iteration(id: "1") { lastPush { state } } }',
  });
  /**
   * Change only when a build deletes subjects of an older one, while a build changes what builds share, or when there is a build
   * that this process does not serve yet.
   */
  const precaution = [
    'Query.build',
    'Query.dataQualityHistory',
    'Query.dataQualitySubjects',
    'ExplainedEvent.conflictingColumns',
    'ExplainedEvent.suggestion',
    'ExplainedClick.copies',
    'ExplainedClick.suggestion',
    'AttributionExplanation.liveUnavailable',
  ];

  test('all of them are known', () => {
    expect([...reachable().marked].toSorted()).toEqual([...Object.keys(changing()), ...precaution].toSorted());
  });

  test('each differs between the two services', async () => {
    // The mirror is in the warehouse, which both share, so its earlier state is known instead of read.
    const { 'DataStatus.mirror': mirror = '', ...others } = changing();
    expect((await ask(after, mirror)).data).not.toEqual({
      dataStatus: { mirror: ['strategies', 'iterations'].map(() => ({ refreshedAt: '2026-02-20T00:00:00.000000Z' })) },
    });
    for (const [name, text] of Object.entries(others)) {
      expect(isVolatile(schema, parse(text)), name).toBe(true);
      expect((await ask(before, text)).data, name).not.toEqual((await ask(after, text)).data);
    }
  });
});

test('a mutation is volatile', () => {
  expect(isVolatile(schema, parse('mutation { cancelPush(runId: "1") { id } }'))).toBe(true);
  expect(isVolatile(schema, parse('{ __schema { types { name } } __typename }'))).toBe(false);
});
