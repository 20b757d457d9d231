import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/warehouses.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(), smallWorldAsOf, { hasSnapshot: true });
});
afterAll(() => service.close());

interface AnyPage {
  readonly nodes: readonly unknown[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** Reads all pages; returns all rows in order. */
async function readAll<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: object,
  first: number,
  pageOf: (data: Data) => AnyPage | null | undefined,
): Promise<unknown[]> {
  const rows: unknown[] = [];
  let after: string | null = null;
  for (;;) {
    const page = pageOf(await service.ask(document, { ...variables, first, after } as Variables));
    if (!page) throw new Error('the parent does not exist');
    expect(page.nodes.length).toBeLessThanOrEqual(first);
    expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
    rows.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return rows;
    expect(page.nodes.length).toBe(first);
    after = page.pageInfo.endCursor;
  }
}

const directions = ['ASC', 'DESC'] as const;
const orders = (fields: readonly string[]) =>
  fields.flatMap((field) => directions.map((direction) => ({ field, direction })));

interface Case {
  name: string;
  document: TypedDocumentNode<unknown, unknown>;
  variables: object;
  pageOf: (data: unknown) => AnyPage | null | undefined;
  /** Identifies a row. */
  identity: (node: never) => string;
  /** The same list from the tables: one column `name` with the identities, in order. */
  sql: string;
}

const byId = (node: { id: string }) => node.id;

function cases(): Case[] {
  /** Cases for one list. `fields` maps its sort fields to columns. */
  const list = <Data, Variables>(
    name: string,
    document: TypedDocumentNode<Data, Variables>,
    pageOf: (data: Data) => AnyPage | null | undefined,
    fields: Readonly<Record<string, string>>,
    id: string,
    from: string,
    more: object = {},
  ): Case[] =>
    orders(Object.keys(fields)).map((orderBy) => ({
      name: `${name} by ${orderBy.field} ${orderBy.direction}`,
      document: document as never,
      variables: { ...more, orderBy },
      pageOf: pageOf as never,
      identity: byId as never,
      sql: `select cast(${id} as varchar) as name from attribution.${from}
        order by ${fields[orderBy.field]} ${orderBy.direction} nulls last, ${id} ${orderBy.direction}`,
    }));
  /** Cases for `metrics`. `keys` are SQL expressions in the order of groupBy. Ties are sorted by key, ascending. */
  const groups = (groupBy: readonly string[], keys: readonly string[], identity: (row: Group) => (string | null)[]) =>
    orders(['CONVERSIONS', 'PAYOUT', 'KEY']).map(({ field, direction }): Case => {
      const measures: Record<string, string> = { CONVERSIONS: 'count(*)', PAYOUT: 'coalesce(sum(payout), 0)' };
      const byKey = (keyDirection: string) => keys.map((key) => `${key} ${keyDirection} nulls last`);
      const measure = measures[field];
      const order = measure ? [`${measure} ${direction}`, ...byKey('asc')] : byKey(direction);
      return {
        name: `metrics by ${groupBy.join(' and ')}, ordered by ${field} ${direction}`,
        document: operations.MetricsPageDocument as never,
        variables: { groupBy, orderBy: { field, direction } },
        pageOf: ((data: operations.MetricsPageQuery) => data.metrics) as never,
        identity: ((row: Group) => JSON.stringify(identity(row))) as never,
        sql: `select json_build_array(${keys.map((key) => `cast(${key} as varchar)`).join(', ')})::text as name
          from attribution.goal_complete_events_attributed group by ${keys.join(', ')} order by ${order.join(', ')}`,
      };
    });
  const conversionFields = {
    ID: 'event_id',
    CONVERTED_AT: 'converted_at',
    CLICKED_AT: 'click_timestamp',
    LOADED_AT: 'loaded_at',
    PAYOUT: 'payout',
  };
  const iterationFields = { ID: 'iteration_id', CREATED_AT: 'created_at' };
  const gold = 'goal_complete_events_attributed';
  return [
    ...list(
      'strategies',
      operations.StrategiesPageDocument,
      (data) => data.strategies,
      { ID: 'strategy_id', NAME: 'strategy_name', CREATED_AT: 'created_at' },
      'strategy_id',
      'strategies',
    ),
    ...list(
      'iterations',
      operations.IterationsPageDocument,
      (data) => data.iterations,
      iterationFields,
      'iteration_id',
      'iterations_with_end_time',
    ),
    ...list(
      'conversions',
      operations.ConversionsPageDocument,
      (data) => data.conversions,
      conversionFields,
      'event_id',
      gold,
    ),
    ...list(
      'Strategy.iterations',
      operations.StrategyIterationsPageDocument,
      (data) => data.strategy?.iterations,
      iterationFields,
      'iteration_id',
      'iterations_with_end_time where strategy_id = 4',
      { id: '4' },
    ),
    ...list(
      'Iteration.conversions',
      operations.IterationConversionsPageDocument,
      (data) => data.iteration?.conversions,
      conversionFields,
      'event_id',
      `${gold} where iteration_id = 100`,
      { id: '100' },
    ),
    {
      name: 'dataQualitySubjects',
      document: operations.DataQualitySubjectsPageDocument as never,
      variables: { check: 'CLICK_AFTER_CONVERSION' },
      pageOf: ((data: operations.DataQualitySubjectsPageQuery) => data.dataQualitySubjects) as never,
      identity: byId as never,
      sql: `select subject_id as name from attribution.data_quality_findings
        where check_name = 'CLICK_AFTER_CONVERSION' order by subject_rank`,
    },
    ...groups(['STATUS', 'GOAL'], ['attribution_status', 'goal_reference_id'], (row) => [
      row.status,
      row.goalReferenceId,
    ]),
    ...groups(['ITERATION', 'DAY'], ['iteration_id', 'cast(converted_at as date)'], (row) => [
      row.iterationId,
      row.day,
    ]),
    ...groups(
      ['CAMPAIGN', 'HOUR'],
      ['campaign_id', 'to_char(converted_at, \'YYYY-MM-DD"T"HH24:00:00.000000Z\')'],
      (row) => [row.campaignId, row.hour],
    ),
  ];
}

type Group = operations.MetricsPageQuery['metrics']['nodes'][number];

describe('a list is complete and sorted, and equals the union of its pages', () => {
  test.each(cases())('$name', async ({ document, variables, pageOf, identity, sql }) => {
    const whole = await readAll(document, variables, 1000, pageOf);
    const names = (await service.database.query<{ name: string }>(sql)).rows.map((row) => row.name);
    expect(whole.map((node) => identity(node as never))).toEqual(
      names.map((name) => (name.startsWith('[') ? JSON.stringify(JSON.parse(name)) : name)),
    );
    expect(whole.length).toBeGreaterThan(2);
    expect(await readAll(document, variables, 1, pageOf)).toEqual(whole);
    expect(await readAll(document, variables, 7, pageOf)).toEqual(whole);
  });
});

test('the reverse order reverses the rows, except that nulls stay last', async () => {
  const read = (direction: 'ASC' | 'DESC') =>
    readAll(operations.ConversionsPageDocument, { orderBy: { field: 'PAYOUT', direction } }, 7, (d) => d.conversions);
  const ids = (rows: unknown[]) => rows.map((row) => (row as { id: string }).id);
  const payouts = new Map(
    (await service.database.query('select event_id, payout from attribution.goal_complete_events_attributed')).rows.map(
      (row) => [row.event_id as string, row.payout as string | null],
    ),
  );
  const [up, down] = [ids(await read('ASC')), ids(await read('DESC'))];
  const split = (list: string[]) => {
    const firstNull = list.findIndex((id) => payouts.get(id) === null);
    return [list.slice(0, firstNull), list.slice(firstNull)] as const;
  };
  const [upValues, upNulls] = split(up);
  const [downValues, downNulls] = split(down);
  expect(upNulls.every((id) => payouts.get(id) === null)).toBe(true);
  expect(upNulls.length).toBeGreaterThan(1);
  expect(downValues).toEqual(upValues.toReversed());
  expect(downNulls).toEqual(upNulls.toReversed());
  const numbers = upValues.map((id) => Number(payouts.get(id)));
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
});

test('edges have the cursors of their rows', async () => {
  const orderBy = { field: 'NAME', direction: 'DESC' } as const;
  const { strategies } = await service.ask(operations.StrategiesPageDocument, { first: 5, orderBy });
  expect(strategies.edges.map((edge) => edge.node)).toEqual(strategies.nodes);
  expect(strategies.pageInfo.endCursor).toBe(strategies.edges.at(-1)?.cursor);
  expect(strategies.pageInfo.startCursor).toBe(strategies.edges[0]?.cursor);
  const after = strategies.edges[1]?.cursor ?? null;
  const next = await service.ask(operations.StrategiesPageDocument, { first: 3, after, orderBy });
  expect(next.strategies.nodes).toEqual(strategies.nodes.slice(2));
});

test('an empty list has an empty page', async () => {
  const { strategies } = await service.ask(operations.StrategiesPageDocument, {
    first: 5,
    filter: { ids: [] },
    orderBy: { field: 'ID', direction: 'ASC' },
  });
  expect(strategies).toEqual({
    nodes: [],
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

test('pagination during rebuilds neither repeats nor skips a remaining row', async () => {
  const own = await openTestService(smallWorld(), smallWorldAsOf, { hasSnapshot: true });
  try {
    const orderBy = { field: 'CONVERTED_AT', direction: 'ASC' } as const;
    const remaining: string[] = [];
    const seen: string[] = [];
    let after: string | null = null;
    for (let page = 0; ; page += 1) {
      const { conversions }: operations.ConversionsPageQuery = await own.ask(operations.ConversionsPageDocument, {
        first: 13,
        after,
        orderBy,
      });
      seen.push(...conversions.nodes.map((node) => node.id));
      if (!conversions.pageInfo.hasNextPage) break;
      after = conversions.pageInfo.endCursor ?? null;
      // Deletes and adds events and rebuilds gold before each next page.
      await own.database.query("delete from events.events where event_id = $1 or event_id = 'late'", [
        `e${String(page).padStart(4, '0')}`,
      ]);
      await own.database.query(
        `insert into events.events (event_id, event_type, "timestamp", loaded_at) values ('late', 'goal_complete', '2026-01-02', $1)`,
        [`2026-02-1${page % 9}`],
      );
      await own.database.build(smallWorldAsOf);
    }
    const left = await own.database.query(
      `select event_id from attribution.goal_complete_events_attributed where event_id <> 'late'`,
    );
    remaining.push(...left.rows.map((row) => row.event_id as string));
    expect(remaining.length).toBeLessThan(144);
    expect(new Set(seen).size).toBe(seen.length);
    expect(remaining.filter((id) => !seen.includes(id))).toEqual([]);
  } finally {
    await own.close();
  }
});
