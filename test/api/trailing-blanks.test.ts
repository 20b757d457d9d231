import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

// Redshift ignores blanks at the end of a text in comparisons and groups, as PostgreSQL does for columns of type char. Their
// values arrive padded, so each text differs from the one that a client sends.

let service: Awaited<ReturnType<typeof openTestService>>;
const answers: unknown[] = [];

const order = '{field: CONVERTED_AT, direction: ASC}';
const operations = [
  '{ a: conversion(id: "e0003") { id status goalReferenceId } b: conversion(id: "e0003  ") { id } c: conversion(id: "e0010") { id } d: conversion(id: " e0003") { id } }',
  `{ conversions(first: 1000, filter: {ids: ["e0001", "e0002 ", "e0002", "e0005"]}, orderBy: ${order}) { nodes { id clickId goalReferenceId } totalCount } }`,
  `{ conversions(first: 1000, filter: {clickIds: ["c0", "c5  "]}, orderBy: ${order}) { nodes { id } totalCount } }`,
  `{ conversions(first: 1000, filter: {goalReferenceIds: ["g0", "g1 "]}, orderBy: ${order}) { nodes { id } totalCount } }`,
  ...['GOAL', 'GOAL, STATUS', 'ITERATION, GOAL', 'DAY, GOAL'].flatMap((dimensions) =>
    ['', ', filter: {status: [ATTRIBUTED]}'].map(
      (filter) =>
        `{ metrics(groupBy: [${dimensions}], first: 1000, orderBy: {field: KEY, direction: ASC}${filter}) { totalCount nodes {
          goalReferenceId iterationId status day metrics { conversions payout byGoal { goalReferenceId conversions payout } }
          drillDown(first: 3, orderBy: ${order}) { nodes { id } totalCount } } } }`,
    ),
  ),
  '{ metrics(groupBy: [GOAL], first: 1000, filter: {status: [ATTRIBUTED], goalReferenceIds: ["g1 "]}) { nodes { goalReferenceId metrics { conversions } } } }',
  '{ strategies(first: 1000) { nodes { id metrics { byGoal { goalReferenceId conversions payout } } } } }',
  '{ iterations(first: 30) { nodes { id metrics { byGoal { goalReferenceId conversions payout } } daily { day metrics { byGoal { goalReferenceId conversions } } } } } }',
  '{ dataStatus { mirror { table refreshedAt } } }',
  '{ planMetricsPush(input: {}, first: 1000) { planHash rows { iterationId new { conversions byGoal { goalReferenceId conversions payout } } } } }',
];

const titleOf = (operation: string): string => operation.replaceAll(/\s+/g, ' ').slice(0, 60);

/** Ids of events and clicks are returned as stored; all else must be equal. */
const trimmed = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer), (_, value) => (typeof value === 'string' ? value.trimEnd() : value));

async function answerOf(operation: string): Promise<unknown> {
  const { status, data, errors } = await service.send<unknown, never>(operation, undefined as never);
  expect({ status, errors }, operation).toEqual({ status: 200, errors: undefined });
  return data;
}

/** The ids of all conversions, page by page. */
async function pagedIds(field: string, direction: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | null = null; ; ) {
    const { conversions } = (await answerOf(
      `{ conversions(first: 7, orderBy: {field: ${field}, direction: ${direction}}${after ? `, after: "${after}"` : ''}) {
         nodes { id } pageInfo { hasNextPage endCursor } } }`,
    )) as { conversions: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } } };
    ids.push(...conversions.nodes.map(({ id }) => id.trimEnd()));
    if (!conversions.pageInfo.hasNextPage) return ids;
    after = conversions.pageInfo.endCursor;
  }
}

const pages: string[][] = [];
const orders = [
  ['ID', 'ASC'],
  ['ID', 'DESC'],
  ['CONVERTED_AT', 'ASC'],
  ['PAYOUT', 'DESC'],
] as const;

beforeAll(async () => {
  service = await openTestService(smallWorld(6), smallWorldAsOf);
  for (const operation of operations) answers.push(await answerOf(operation));
  for (const [field, direction] of orders) pages.push(await pagedIds(field, direction));
  const gold = 'attribution.goal_complete_events_attributed__1';
  const readers = [
    'goal_complete_events_attributed',
    'iteration_metrics_daily',
    'quality_conversions',
    'quality_clicks',
  ];
  const views = [...readers, 'quality_attributions'].map((name) => `attribution.${name}`);
  await service.database.query(`drop view ${views.join(', ')} cascade`);
  await service.database.query(`alter table ${gold} alter event_id type char(40), alter click_id type char(40),
    alter goal_reference_id type char(40)`);
  await service.database.query(
    'alter table attribution.iteration_metrics_daily__1 alter goal_reference_id type char(40)',
  );
  await service.database.query('alter table adsuite_mirror.refreshes alter view_name type char(128)');
});
afterAll(() => service?.close());

test('the padded warehouse returns padded ids', async () => {
  expect(await answerOf('{ conversion(id: "e0003") { id } }')).toEqual({ conversion: { id: 'e0003'.padEnd(40) } });
});

test.each(operations.map((operation, index) => [titleOf(operation), index, operation] as const))(
  '%s (%i)',
  async (_, index, operation) => {
    expect(JSON.stringify(answers[index])).toMatch(/"(id|table|goalReferenceId|iterationId)":"/);
    expect(trimmed(await answerOf(operation))).toEqual(trimmed(answers[index]));
  },
);

test.each(orders.map((each, index) => [...each, index] as const))('pages by %s %s', async (field, direction, index) => {
  expect(pages[index]?.length).toBeGreaterThan(50);
  expect(await pagedIds(field, direction)).toEqual(pages[index]);
});

describe('a build of models that kept the blanks, on a database that compares them', () => {
  beforeAll(async () => {
    const gold = 'attribution.goal_complete_events_attributed__1';
    await service.database.query(`alter table ${gold} alter event_id type varchar(256), alter click_id type varchar(256),
      alter goal_reference_id type varchar(256)`);
    await service.database.query(
      'alter table attribution.iteration_metrics_daily__1 alter goal_reference_id type varchar(256)',
    );
    // Every other row has blanks, so a goal is spelled in several ways.
    await service.database.query(`update ${gold} set goal_reference_id = goal_reference_id || '  ', click_id = click_id || ' '
      where cast(substring(event_id from 2) as int) % 2 = 0`);
    await service.database.query(`update attribution.iteration_metrics_daily__1 set goal_reference_id = goal_reference_id || ' '
      where iteration_id % 2 = 0`);
  });

  test.each(operations.map((operation, index) => [titleOf(operation), index, operation] as const))(
    '%s (%i)',
    async (_, index, operation) => {
      expect(trimmed(await answerOf(operation))).toEqual(trimmed(answers[index]));
    },
  );

  test('an id that is stored with blanks is found as it is returned', async () => {
    await service.database.query(
      `update attribution.goal_complete_events_attributed__1 set event_id = 'e0003 ' where event_id = 'e0003'`,
    );
    expect(
      await answerOf('{ conversion(id: "e0003 ") { id } conversions(filter: {ids: ["e0003 "]}) { nodes { id } } }'),
    ).toEqual({
      conversion: { id: 'e0003 ' },
      conversions: { nodes: [{ id: 'e0003 ' }] },
    });
  });
});

describe('source rows with blanks', () => {
  let spelled: typeof service;
  beforeAll(async () => {
    const world = smallWorld(6);
    const add = <Row extends Readonly<Record<string, string | null>>>(rows: readonly Row[], ...columns: string[]) =>
      rows.map((row, index) => ({
        ...row,
        ...Object.fromEntries(
          columns.map((column, at) => [column, row[column] && row[column] + ' '.repeat((index + at) % 3)]),
        ),
      }));
    spelled = await openTestService(
      {
        ...world,
        clicks: add(world.clicks, 'click_id'),
        events: add(world.events, 'event_id', 'event_type', 'click_id', 'goal_reference_id'),
      },
      smallWorldAsOf,
    );
  });
  afterAll(() => spelled?.close());

  test.each(operations.map((operation, index) => [titleOf(operation), index, operation] as const))(
    '%s (%i)',
    async (_, index, operation) => {
      const { data, errors } = await spelled.send<unknown, never>(operation, undefined as never);
      expect({ data, errors }).toEqual({ data: answers[index], errors: undefined });
    },
  );
});
