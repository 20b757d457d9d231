import { type OperationDefinitionNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { checkDocument } from '../../src/limits/document-limits.ts';
import { checkOperation } from '../../src/limits/operation-size.ts';
import { buildApiSchema } from '../../src/resolvers/index.ts';
import { serve, type TestService } from '../support/service.ts';
import { openTestDatabase, smallWorld, smallWorldAsOf, type TestDatabase } from '../support/warehouses.ts';

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await openTestDatabase(smallWorld(), smallWorldAsOf);
  service = await serve(database.target);
});
afterAll(async () => {
  await service.close();
  await database.close();
});

const many = (count: number, field: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => field(index)).join(' ');

const nested = (levels: number) =>
  `{ ${'strategies { nodes { currentIteration { strategy { '.repeat(levels / 4)} id ${'}'.repeat(levels)} }`;

describe('a document over a limit is rejected before it is parsed, with its size', () => {
  test.each([
    [`{ dataStatus { ${many(10_000, (at) => `a${at}: build`)} } }`, '30,005 tokens; the limit is 10,000 (MAX_TOKENS)'],
    [`{ dataStatus { ${many(201, (at) => `a${at}: build`)} } }`, '201 aliases; the limit is 200 (MAX_ALIASES)'],
    [`{ dataStatus { ${'build '.repeat(5_000)} } }`, '5,001 fields; the limit is 2,000 (MAX_FIELDS)'],
    [`{ dataStatus { build ${'@include(if: true) '.repeat(51)} } }`, '51 directives; the limit is 50 (MAX_DIRECTIVES)'],
    [`{ dataStatus { build ${'@x '.repeat(4_990)} } }`, '4,990 directives; the limit is 50 (MAX_DIRECTIVES)'],
    [nested(200), '201 nested levels; the limit is 20 (MAX_DEPTH)'],
    [nested(1_100), '1,101 nested levels; the limit is 20 (MAX_DEPTH)'],
    ['{'.repeat(20_000), '20,000 tokens; the limit is 10,000 (MAX_TOKENS)'],
    [`{ strategies(filter: ${'['.repeat(3_000)}`, '3,002 nested levels; the limit is 20 (MAX_DEPTH)'],
  ])('%#: $1', async (query, problem) => {
    service.takeStatements();
    const { status, data, errors } = await service.send(query);
    expect({ status, data, errors }).toEqual({
      status: 400,
      data: undefined,
      errors: [{ message: `This document has ${problem}.`, extensions: { code: 'COST_LIMIT' } }],
    });
    expect(service.takeStatements()).toEqual([]);
  });

  test('also by GET', async () => {
    const query = encodeURIComponent(`{ dataStatus { ${many(201, (at) => `a${at}: build`)} } }`);
    const response = await fetch(`${service.url}/graphql?query=${query}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('201 aliases');
    // %FF is not UTF-8: it is decoded to a replacement character, which a comment may have.
    const escaped = await fetch(`${service.url}/graphql?query=${query}%23%FF`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(await escaped.text()).toContain('201 aliases');
  });

  test('also if it has an invalid token, which the parser reaches last', async () => {
    const { errors } = await service.send(`${nested(1_100)} ?`);
    expect(errors?.[0]?.message).toBe('This document has 1,101 nested levels; the limit is 20 (MAX_DEPTH).');
    expect((await service.send('{ dataStatus { build } } ?')).errors?.[0]?.extensions.code).toBe(
      'GRAPHQL_PARSE_FAILED',
    );
  });

  const { document: limits } = loadConfig({}).limits;

  test.each([
    ['arguments are no aliases', `{ strategies(first: 1, filter: {ids: ["1"]}) { nodes { id } } }`],
    ['variables are no aliases', 'query ($a: Int = 1, $b: [Int!] = [1, 2]) { strategies(first: $a) { nodes { id } } }'],
    ['fields behind a directive', '{ dataStatus @include(if: true) { build } }'],
  ])('%s', (_name, text) => {
    expect(() => checkDocument(text, { ...limits, maxAliases: 0 })).not.toThrow();
  });

  test('a limit is inclusive', () => {
    const text = '{ a: dataStatus { b: build @x } }';
    const exact = { maxTokens: 12, maxDepth: 2, maxFields: 2, maxAliases: 2, maxDirectives: 1 };
    expect(() => checkDocument(text, exact)).not.toThrow();
    for (const name of Object.keys(exact) as (keyof typeof exact)[]) {
      expect(() => checkDocument(text, { ...exact, [name]: exact[name] - 1 }), name).toThrow('This document has');
    }
  });

  test('a text that is no document is left to the parser', async () => {
    for (const query of ['{ "', '…', '{ a # comment', '']) {
      expect((await service.send(query)).errors?.[0]?.extensions.code).toMatch(/^(GRAPHQL_PARSE_FAILED|BAD_REQUEST)$/);
    }
  });
});

describe('an operation over a limit is rejected with its size', () => {
  /** A chain of fragments, each of which adds levels. */
  const chain = (length: number) =>
    `{ strategies { nodes { ...f0 } } } ${many(length, (at) => `fragment f${at} on Strategy { currentIteration { strategy { id ...f${at + 1} } } }`)} fragment f${length} on Strategy { id }`;

  test('levels through fragments count', async () => {
    const { status, errors } = await service.send(chain(50));
    expect(status).toBe(400);
    expect(errors?.[0]?.message).toBe(
      'This operation has 103 nested levels; the limit is 20 (MAX_DEPTH). Use fewer levels of fields.',
    );
  });

  test('a chain of fragments may be longer than calls may nest', async () => {
    const document = parse(chain(20_000));
    const [operation] = document.definitions as [OperationDefinitionNode];
    const schema = await buildApiSchema();
    expect(() => checkOperation(schema, document, operation, loadConfig({}).limits)).toThrow('40,003 nested levels');
  });

  test('statements count once for all parents, and once for each alias', async () => {
    const query = `{ strategies(first: 1000) { nodes { ${many(100, (at) => `a${at}: metrics(filter: {goalReferenceIds: ["${at}"]}) { conversions }`)} } } }`;
    service.takeStatements();
    const { status, errors } = await service.send(query);
    expect(status).toBe(400);
    expect(errors?.[0]?.message).toMatch(
      /^This operation has 101 fields that run a statement each; the limit is 100 \(MAX_STATEMENTS\)/,
    );
    expect(service.takeStatements()).toEqual([]);
  });
});

/** Every field of the warehouse's objects, with everything below it, up to this number of levels. */
const documents: readonly string[] = [
  '{ strategies { totalCount nodes { id currentIteration { id lastPush { state } metrics { clicks conversionRate byGoal { payout } } } } } }',
  '{ strategies { nodes { iterations(first: 2) { totalCount nodes { id strategy { id } daily { day metrics { clicks byGoal { payout } } } } } metrics { clicks byGoal { payout } } } } }',
  '{ iterations { totalCount edges { cursor node { conversions(first: 2) { totalCount nodes { iteration { id } strategy { id } } } } } pageInfo { endCursor } } }',
  '{ conversions { totalCount nodes { iteration { strategy { id } } strategy { currentIteration { id } } } } }',
  '{ metrics(groupBy: [STRATEGY, DAY]) { totalCount totals { clicks byGoal { payout } } nodes { strategy { id } iteration { id } campaign { id } drillDown(first: 1) { totalCount nodes { id } } metrics { clicks byGoal { payout } } } } }',
  '{ attributionSummary { total } dataQuality { check } dataStatus { build mirror { table } } dataQualitySubjects(check: ITERATION_GONE) { totalCount nodes { id } } }',
  '{ dataQuality { firstSeen { at build } subjects { firstSeen { at build } } } dataQualityHistory { totalCount nodes { firstSeen { build } lastSeen { build } resolved { build } } } }',
  '{ campaigns { totalCount nodes { strategy { id } waiting { conversions byGoal { payout } } } } conversions { nodes { campaign { strategy { id } } click { loadedAt campaign { id } } } } }',
  '{ unattributedBy { totalCount nodes { waitingSince waitingSinceBuild campaign { id } strategy { id } drillDown(first: 1) { nodes { id } } } } }',
  '{ attributionSummaries(groupBy: [STRATEGY, CAMPAIGN]) { totalCount totals { total } nodes { summary { total } strategy { id } campaign { id } drillDown(first: 1) { totalCount nodes { id } } } } }',
  '{ strategy(id: "1") { id } iteration(id: "1") { id } conversion(id: "c1") { id } campaign(id: "1") { id } }',
];

test.each(documents)('no operation runs more statements than are counted: %s', async (query) => {
  const document = parse(query);
  const [operation] = document.definitions as [OperationDefinitionNode];
  const schema = await buildApiSchema();
  service.takeStatements();
  const { errors } = await service.send(query);
  // The look-up of the build is shared by all operations.
  const sent = service.takeStatements().filter(({ name }) => name !== 'builds.latest').length;
  expect(errors).toBeUndefined();
  expect(sent).toBeGreaterThan(0);
  const limits = loadConfig({}).limits;
  expect(() => checkOperation(schema, document, operation, { ...limits, maxStatements: sent - 1 })).toThrow(
    'run a statement each',
  );
});
