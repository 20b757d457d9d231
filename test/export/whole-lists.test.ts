import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { pagedByHand, recordsOf, requestExport, rowsOf } from '../support/exports.ts';
import { openTestService, serve, type TestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let opened: Awaited<ReturnType<typeof openTestService>>;
/** Its pages have few rows, because an operation may cost little. */
let service: TestService;
beforeAll(async () => {
  opened = await openTestService(smallWorld(12), smallWorldAsOf);
  const { limits } = loadConfig({ MAX_COST: '1000' });
  service = await serve(opened.database.target, { limits: { ...limits, maxCost: 40, compileAfter: 1 } });
});
afterAll(async () => {
  await service?.close();
  await opened?.close();
});

const lists = {
  conversions:
    'conversions(PAGE orderBy: {field: PAYOUT, direction: DESC}) { nodes { id payout status convertedAt strategy { name } iteration { id name } } INFO }',
  iterations: 'iterations(PAGE) { nodes { id name strategy { id name } metrics { conversions payout } } INFO }',
  strategies: 'strategies(PAGE) { nodes { id name tuneOfferId } INFO }',
  metrics:
    'metrics(groupBy: [STRATEGY, DAY], PAGE orderBy: {field: KEY}) { nodes { strategyId day metrics { conversions payout clicks byGoal { goalReferenceId conversions } } } INFO }',
  campaigns: 'campaigns(PAGE) { nodes { id name } INFO }',
  unattributedBy: 'unattributedBy(PAGE) { nodes { id subjectId todo conversions payout } INFO }',
  builds: 'builds(PAGE) { nodes { id number asOf } INFO }',
  pushRuns: 'pushRuns(PAGE) { nodes { id state } INFO }',
} as const;

const info = 'pageInfo { hasNextPage endCursor }';
const documentOf = (list: string, page = '') =>
  `{ ${list.replace('PAGE', page).replace('(PAGE)', '').replace('()', '').replace('INFO', info)} }`;

describe.each(Object.entries(lists))('%s', (field, list) => {
  test('has the same rows as its pages, text for text, and as a table', async () => {
    const paged = await pagedByHand(opened, (page) => documentOf(list, page), field);
    const query = documentOf(list);
    const answer = await requestExport(service, { query, format: 'ndjson' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    expect(await answer.text()).toBe(paged.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const csv = await requestExport(service, { query, format: 'csv' });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [header = [], ...records] = recordsOf(await csv.text());
    expect(records.length).toBe(paged.length);
    for (const [at, record] of records.entries())
      for (const [column, cell] of record.entries()) expect(cell).toBe(cellOf(paged[at], header[column] ?? ''));
  });
});

test('saved queries have the same rows as their pages, with their documents', async () => {
  const save =
    'mutation ($name: String!) { saveQuery(input: {name: $name, document: "{ campaigns { nodes { id } } }"}) { id } }';
  for (let at = 0; at < 9; at += 1) expect((await opened.send(save, { name: `query ${at}` })).errors).toBeUndefined();
  const rows = '{ nodes { id name document owner savedAt mayChange }';
  const paged = await pagedByHand(opened, (page) => `{ savedQueries(${page}) ${rows} ${info} } }`, 'savedQueries');
  const query = `{ savedQueries ${rows} } }`;
  const answer = await requestExport(opened, { query, format: 'ndjson' });
  expect([answer.headers.get('x-total-rows'), answer.headers.get('x-export-build')]).toEqual(['9', null]);
  expect(await answer.text()).toBe(paged.map((row) => `${JSON.stringify(row)}\n`).join(''));
});

/** What a cell of the small world has: no text of it begins like a formula. */
function cellOf(row: unknown, column: string): string {
  const value = column.split('.').reduce<unknown>((of, key) => (of as Record<string, unknown> | null)?.[key], row);
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

test('takes many pages, all of which are charged by their cost', async () => {
  service.takeStatements();
  const query = '{ conversions { nodes { id payout } } }';
  const rows = rowsOf(await (await requestExport(service, { query, format: 'ndjson' })).text());
  const { data } = await opened.send<{ conversions: { totalCount: number } }, object>('{ conversions { totalCount } }');
  expect(rows.length).toBe(data.conversions.totalCount);
  expect(service.takeStatements().filter(({ name }) => name === 'conversions.page').length).toBeGreaterThan(2);
});

test('edges are the same as nodes, and a document may come in parts', async () => {
  const nodes = await (
    await requestExport(service, { query: '{ strategies { nodes { id name } } }', format: 'csv' })
  ).text();
  const documents = [
    '{ strategies { edges { cursor node { id name } } } }',
    '{ strategies { edges { node { id } } edges { node { name } } totalCount } }',
    'query A($first: Int = 3, $after: String) { ...Root } fragment Root on Query { strategies(first: $first, after: $after) { ...Part } } fragment Part on StrategyConnection { nodes { ...Row } } fragment Row on Strategy { id ... on Strategy { name } }',
  ];
  for (const query of documents) {
    const text = await (await requestExport(service, { query, format: 'csv' })).text();
    expect(text).toBe(nodes);
  }
});

test('of several operations in a document, the named one is exported', async () => {
  const query =
    'query A { campaigns { nodes { id } } } query B { strategies { nodes { id } } } mutation C { cancelPush(runId: "x") { id } }';
  const answer = await requestExport(service, { query, operationName: 'B', format: 'ndjson' });
  expect(answer.headers.get('content-disposition')).toContain('filename="strategies-');
  expect(rowsOf(await answer.text()).length).toBe(12);
});

test('an export continues after a cursor', async () => {
  const paged = await pagedByHand(opened, (page) => `{ strategies(${page}) { nodes { id } ${info} } }`, 'strategies');
  const { data } = await opened.send<{ strategies: { pageInfo: { endCursor: string } } }, object>(
    `{ strategies(first: 5) { ${info} } }`,
  );
  const variables = { after: data.strategies.pageInfo.endCursor };
  const query = 'query After($after: String) { list: strategies(after: $after) { nodes { id } } }';
  const answer = await requestExport(service, { query, variables, format: 'ndjson' });
  expect(rowsOf(await answer.text())).toEqual(paged.slice(5));
});

test('columns follow from the document, in its order, with its aliases', async () => {
  const query = `query ($no: Boolean!) { conversions(filter: {ids: []}) { nodes {
    key: id iteration { number: id strategy { id } } click { campaign { name } } status @include(if: $no) iteration { name } __typename } } }`;
  const answer = await requestExport(service, { query, variables: { no: false }, format: 'csv', bom: true });
  const header = 'key,iteration.number,iteration.strategy.id,iteration.name,click.campaign.name,status,__typename';
  expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe(`\uFEFF${header}\r\n`);
  const empty = await requestExport(service, { query, variables: { no: false }, format: 'ndjson' });
  expect([empty.status, empty.headers.get('x-total-rows'), await empty.text()]).toEqual([200, '0', '']);
});

describe('the headers', () => {
  test('name the build, the number of rows if it is known, and a file', async () => {
    const { data } = await opened.send<{ dataStatus: { build: string } }, object>('{ dataStatus { build } }');
    const counted = await requestExport(service, {
      query: '{ conversions { totalCount nodes { id convertedAt strategy { name } } } }',
      format: 'csv',
    });
    const rows = recordsOf(await counted.text()).length - 1;
    expect(Object.fromEntries(counted.headers)).toMatchObject({
      'x-export-build': data.dataStatus.build,
      'x-total-rows': String(rows),
      'content-disposition': `attachment; filename="conversions-${data.dataStatus.build}-2026-02-20.csv"`,
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
    });
    const uncounted = await requestExport(service, {
      query: '{ conversions { nodes { id convertedAt strategy { name } } } }',
      format: 'csv',
      filename: 'june report',
    });
    await uncounted.text();
    expect(uncounted.headers.get('x-total-rows')).toBeNull();
    expect(uncounted.headers.get('content-disposition')).toBe('attachment; filename="june report.csv"');
  });

  test('of a list that reads no warehouse name no build', async () => {
    const answer = await requestExport(service, { query: '{ pushRuns { nodes { id } } }', format: 'ndjson' });
    expect(answer.headers.get('x-export-build')).toBeNull();
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="pushRuns-2026-03-01.ndjson"');
  });

  test.each(['csv', 'ndjson'])('compress %s as the client accepts', async (format) => {
    const query = '{ conversions { nodes { id payout status } } }';
    const plain = await requestExport(service, { query, format }, { headers: { 'accept-encoding': 'identity' } });
    const text = await plain.text();
    for (const encoding of ['gzip', 'br']) {
      const answer = await requestExport(service, { query, format }, { headers: { 'accept-encoding': encoding } });
      expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([encoding, text]);
    }
  });

  test('choose the format', async () => {
    const query = '{ strategies { nodes { id } } }';
    const csv = await requestExport(service, { query }, { headers: { accept: 'text/html, text/csv;q=0.9' } });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = await requestExport(service, { query }, { headers: { accept: 'application/x-ndjson' } });
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
  });
});
