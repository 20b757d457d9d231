import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as operations from '../generated/operations.ts';
import { openTestService } from '../support/service.ts';
import { smallWorld, smallWorldAsOf } from '../support/small-world.ts';

let service: Awaited<ReturnType<typeof openTestService>>;
beforeAll(async () => {
  service = await openTestService(smallWorld(), smallWorldAsOf);
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

/** Follows the cursors to the end; returns all rows, in order. */
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
    if (!page) throw new Error('the parent is not there');
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
  /** How many rows the whole list has, from the tables. */
  size: string;
}

function cases(): Case[] {
  const list = <Data, Variables>(
    name: string,
    document: TypedDocumentNode<Data, Variables>,
    fields: readonly string[],
    pageOf: (data: Data) => AnyPage | null | undefined,
    size: string,
    more: object = {},
  ): Case[] =>
    orders(fields).map((orderBy) => ({
      name: `${name} by ${orderBy.field} ${orderBy.direction}`,
      document: document as never,
      variables: { ...more, orderBy },
      pageOf: pageOf as never,
      size,
    }));
  const conversionFields = ['ID', 'CONVERTED_AT', 'CLICKED_AT', 'LOADED_AT', 'PAYOUT'];
  const groups = (keys: string) =>
    `select count(*) from (select distinct ${keys} from goal_complete_events_attributed) g`;
  return [
    ...list(
      'strategies',
      operations.StrategiesPageDocument,
      ['ID', 'NAME', 'CREATED_AT'],
      (d) => d.strategies,
      'select count(*) from strategies',
    ),
    ...list(
      'iterations',
      operations.IterationsPageDocument,
      ['ID', 'CREATED_AT'],
      (d) => d.iterations,
      'select count(*) from iterations_with_end_time',
    ),
    ...list(
      'conversions',
      operations.ConversionsPageDocument,
      conversionFields,
      (d) => d.conversions,
      'select count(*) from goal_complete_events_attributed',
    ),
    ...list(
      'Strategy.iterations',
      operations.StrategyIterationsPageDocument,
      ['ID', 'CREATED_AT'],
      (d) => d.strategy?.iterations,
      'select count(*) from iterations_with_end_time where strategy_id = 4',
      { id: '4' },
    ),
    ...list(
      'Iteration.conversions',
      operations.IterationConversionsPageDocument,
      conversionFields,
      (d) => d.iteration?.conversions,
      'select count(*) from goal_complete_events_attributed where iteration_id = 100',
      { id: '100' },
    ),
    ...list(
      'metrics by status and goal',
      operations.MetricsPageDocument,
      ['CONVERSIONS', 'PAYOUT', 'KEY'],
      (d) => d.metrics,
      groups('attribution_status, goal_reference_id'),
      { groupBy: ['STATUS', 'GOAL'] },
    ),
    ...list(
      'metrics by iteration and day',
      operations.MetricsPageDocument,
      ['CONVERSIONS', 'PAYOUT', 'KEY'],
      (d) => d.metrics,
      groups('iteration_id, cast(converted_at as date)'),
      { groupBy: ['ITERATION', 'DAY'] },
    ),
    ...list(
      'metrics by campaign and hour',
      operations.MetricsPageDocument,
      ['PAYOUT', 'KEY'],
      (d) => d.metrics,
      groups("campaign_id, date_trunc('hour', converted_at)"),
      { groupBy: ['CAMPAIGN', 'HOUR'] },
    ),
  ];
}

describe('the union of all pages is the whole list, in order', () => {
  test.each(cases())('$name', async ({ document, variables, pageOf, size }) => {
    const whole = await readAll(document, variables, 1000, pageOf);
    const { rows } = await service.database.client
      .query(`set search_path to attribution; ${size}`)
      .then((r) => (Array.isArray(r) ? r[1] : r));
    expect(whole.length).toBe(Number(rows[0].count));
    expect(whole.length).toBeGreaterThan(2);
    expect(new Set(whole.map((row) => JSON.stringify(row))).size).toBe(whole.length);
    expect(await readAll(document, variables, 1, pageOf)).toEqual(whole);
    expect(await readAll(document, variables, 7, pageOf)).toEqual(whole);
  });
});

test('an order and its reverse are mirror images but for the rows without a value, which are last in both', async () => {
  const read = (direction: 'ASC' | 'DESC') =>
    readAll(operations.ConversionsPageDocument, { orderBy: { field: 'PAYOUT', direction } }, 7, (d) => d.conversions);
  const ids = (rows: unknown[]) => rows.map((row) => (row as { id: string }).id);
  const payouts = new Map(
    (
      await service.database.client.query('select event_id, payout from attribution.goal_complete_events_attributed')
    ).rows.map((row) => [row.event_id as string, row.payout as string | null]),
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

test('edges carry the cursors of their own rows', async () => {
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

test('paging while gold is rebuilt neither repeats nor skips a row that stayed', async () => {
  const own = await openTestService(smallWorld(), smallWorldAsOf);
  try {
    const orderBy = { field: 'CONVERTED_AT', direction: 'ASC' } as const;
    const stayed: string[] = [];
    const seen: string[] = [];
    let after: string | null = null;
    for (let page = 0; ; page += 1) {
      const { conversions }: operations.ConversionsPageQuery = await own.ask(operations.ConversionsPageDocument, {
        first: 7,
        after,
        orderBy,
      });
      seen.push(...conversions.nodes.map((node) => node.id));
      if (!conversions.pageInfo.hasNextPage) break;
      after = conversions.pageInfo.endCursor ?? null;
      // Before each next page some events are gone, others come in, and gold is made anew.
      await own.database.client.query("delete from events.events where event_id = $1 or event_id = 'late'", [
        `e${String(page).padStart(4, '0')}`,
      ]);
      await own.database.client.query(
        `insert into events.events (event_id, event_type, "timestamp", loaded_at) values ('late', 'goal_complete', '2026-01-02', $1)`,
        [`2026-02-1${page % 9}`],
      );
      await own.database.build(smallWorldAsOf);
    }
    const left = await own.database.client.query(
      `select event_id from attribution.goal_complete_events_attributed where event_id <> 'late'`,
    );
    stayed.push(...left.rows.map((row) => row.event_id as string));
    expect(stayed.length).toBeLessThan(144);
    expect(new Set(seen).size).toBe(seen.length);
    expect(stayed.filter((id) => !seen.includes(id))).toEqual([]);
  } finally {
    await own.close();
  }
});
