import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PageRequest } from '../../src/db/page.ts';
import { CompiledStatements } from '../../src/db/warehouse/compiled-statements.ts';
import type { BuildReader, Query } from '../../src/db/warehouse/connect.ts';
import { statementBuilder } from '../../src/db/warehouse/dialect.ts';
import {
  countRows,
  countRowsPerParent,
  fetchPage,
  fetchPagePerParent,
  type ListQuery,
  type ParentKey,
} from '../../src/db/warehouse/list-query.ts';
import { type AggregateQuery, aggregateAll } from '../../src/db/warehouse/queries/aggregates.ts';
import { clicksPerGroup } from '../../src/db/warehouse/queries/clicks.ts';
import {
  type ConversionColumn,
  type ConversionFilter,
  conversionExpressions,
  conversionList,
  conversionsByIds,
} from '../../src/db/warehouse/queries/conversions.ts';
import {
  areInGroups,
  conversionParent,
  type MetricDimension,
  metricDimensions,
} from '../../src/db/warehouse/queries/dimensions.ts';
import { aggregatePage, countGroups, metricSort } from '../../src/db/warehouse/queries/group-pages.ts';
import {
  currentIterations,
  iterationList,
  iterationParent,
  iterationsByIds,
} from '../../src/db/warehouse/queries/iterations.ts';
import { strategiesByIds, strategyList } from '../../src/db/warehouse/queries/strategies.ts';
import type { WarehouseTables } from '../../src/db/warehouse/tables.ts';

/** Compiles what it is asked to read, as a warehouse that has compiled other queries, and as one that has not. */
const known = new CompiledStatements();
const tables = '7';
const reader: BuildReader = {
  isOfOneBuild: true,
  dialect: 'postgres',
  db: statementBuilder() as never,
  rows: async <Row>(_: string, query: Query<Row>) => {
    expect(query).toHaveProperty('shape');
    const { name: _name, ...statement } = new CompiledStatements().compile(query, tables);
    expect(known.compile(query, tables)).toMatchObject(statement);
    return [];
  },
};

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const text = fc.constantFrom('a', 'b ', 'Éß', 'c');
const texts = fc.oneof(
  fc.array(text, { maxLength: 3 }),
  fc.integer({ min: 1, max: 12 }).map((length) => Array.from({ length }, (_, index) => `x${index}`)),
);
const instant = fc.constantFrom(
  '2026-01-01T00:00:00.000000Z',
  '2026-02-01T00:00:00.000000Z',
  '2026-02-01T01:00:00.000000Z',
);
const range = fc.record({ from: maybe(instant), to: maybe(instant) });
const direction = fc.constantFrom('ASC' as const, 'DESC' as const);

const conversionFilter: fc.Arbitrary<ConversionFilter> = fc.record({
  ids: maybe(texts),
  clickIds: maybe(texts),
  strategyIds: maybe(texts),
  iterationIds: maybe(texts),
  campaignIds: maybe(texts),
  offerIds: maybe(texts),
  goalReferenceIds: maybe(texts),
  status: maybe(fc.subarray(['ATTRIBUTED', 'NO_CLICK_ID', 'CLICK_NOT_FOUND'] as const)),
  isAttributed: maybe(fc.boolean()),
  method: maybe(fc.constantFrom('EXPLICIT' as const, 'DERIVED' as const)),
  convertedBetween: maybe(range),
  clickedBetween: maybe(range),
  boundaryWithin: maybe(fc.constantFrom(0, 60)),
});

const conversionOrder = fc.record({
  field: fc.constantFrom('ID' as const, 'CONVERTED_AT' as const, 'CLICKED_AT' as const, 'PAYOUT' as const),
  direction,
});

const conversions = fc
  .record({
    filter: conversionFilter,
    order: conversionOrder,
    atBuild: fc.constantFrom(null, '3'),
    columns: fc.option(fc.subarray(Object.keys(conversionExpressions) as ConversionColumn[])),
  })
  .map(({ filter, order, atBuild, columns }) => conversionList(reader, { filter, order, atBuild, columns }));

const ofNames = {
  ids: maybe(texts),
  nameContains: maybe(fc.constantFrom('ß', 'name')),
  createdBetween: maybe(range),
};

const strategies = fc
  .record({
    filter: fc.record({ ...ofNames, tuneOfferIds: maybe(texts), hasTuneOffer: maybe(fc.boolean()) }),
    order: fc.record({ field: fc.constantFrom('ID' as const, 'NAME' as const, 'CREATED_AT' as const), direction }),
  })
  .map(({ filter, order }) => strategyList(reader, filter, order));

const iterations = fc
  .record({
    filter: fc.record({
      ...ofNames,
      strategyIds: maybe(texts),
      activeAt: maybe(instant),
      isCurrent: maybe(fc.boolean()),
    }),
    order: fc.record({ field: fc.constantFrom('ID' as const, 'CREATED_AT' as const), direction }),
  })
  .map(({ filter, order }) => iterationList(reader, filter, order));

/** A page in an order with so many columns. */
const pageOf = (columns: number): fc.Arbitrary<PageRequest> =>
  fc.record({
    first: fc.constantFrom(1, 100),
    after: fc.option(fc.array(fc.option(text), { minLength: columns, maxLength: columns })),
  });

/** Asks for pages of a list, and their number. */
async function readList<Table extends keyof WarehouseTables>(
  list: ListQuery<Table, unknown>,
  { first, after }: PageRequest,
) {
  await fetchPage(reader, list, { first, after });
  await countRows(reader, list);
  if (list.name !== 'iterations.page') return;
  await fetchPagePerParent(reader, list, [iterationParent], { first, after });
  await countRowsPerParent(reader, list, iterationParent);
}

const keysOf = (dimensions: readonly MetricDimension[]): fc.Arbitrary<ParentKey[]> => {
  const key = fc.tuple(...dimensions.map((name) => fc.option(fc.constantFrom(...(periodKeys[name] ?? ['1', '2'])))));
  return fc.array(key, { minLength: 1, maxLength: 15 });
};

/** Among them a day without an end in the calendar, which has no bounds. */
const periodKeys: Partial<Record<MetricDimension, readonly string[]>> = {
  DAY: ['2026-03-08', '2026-11-01', '9999-12-31'],
  HOUR: ['2026-03-08T07:00:00.000000Z', '2026-11-01T05:00:00.000000Z'],
};

const groups = fc
  .record({
    within: fc.subarray(['STRATEGY', 'ITERATION', 'CAMPAIGN'] as const),
    more: fc.subarray(metricDimensions.filter((name) => !['STRATEGY', 'ITERATION', 'CAMPAIGN'].includes(name))),
    filter: conversionFilter,
    isOfDays: fc.boolean(),
    atBuild: fc.constantFrom(null, '3'),
  })
  .chain(({ within, more, filter, isOfDays, atBuild }) =>
    fc.record({
      within: fc.option(
        keysOf(within).map((keys) => ({ dimensions: within, keys })),
        { nil: undefined },
      ),
      dimensions: fc.constant([...within, ...more]),
      filter: fc.constant(isOfDays ? ofDays(filter) : filter),
      atBuild: fc.constant(isOfDays ? null : atBuild),
    }),
  );

/** The part of a filter that daily sums answer. */
const ofDays = ({ iterationIds, strategyIds, goalReferenceIds }: ConversionFilter): ConversionFilter => ({
  iterationIds: iterationIds ?? null,
  strategyIds: strategyIds ?? null,
  goalReferenceIds: goalReferenceIds ?? null,
  isAttributed: true,
  convertedBetween: { from: '2026-01-01T00:00:00.000000Z' },
});

/** Other groups have no number of clicks. */
const clickDimensions: ReadonlySet<MetricDimension> = new Set(['STRATEGY', 'ITERATION', 'DAY', 'HOUR']);

test('lists are compiled once for each shape, with the text and the parameters of a list that is built each time', async () => {
  const lists = fc.oneof(conversions, strategies, iterations) as fc.Arbitrary<ListQuery<'strategies', unknown>>;
  const pages = lists.chain((list) => fc.tuple(fc.constant(list), pageOf(list.sort.length)));
  await fc.assert(
    fc.asyncProperty(pages, ([list, page]) => readList(list, page)),
    { numRuns: 300 },
  );
});

test('so are the groups of conversions and of clicks', async () => {
  const orders = fc.record({
    field: fc.constantFrom(
      'KEY' as const,
      'CONVERSIONS' as const,
      'PAYOUT' as const,
      'UNATTRIBUTED' as const,
      'UNATTRIBUTED_SHARE' as const,
    ),
    direction,
  });
  const pages = fc
    .tuple(groups, orders)
    .chain(([query, order]) =>
      fc.tuple(fc.constant(query), fc.constant(order), pageOf(metricSort(query.dimensions, order).length)),
    );
  await fc.assert(
    fc.asyncProperty(pages, maybe(range), async ([{ within, ...rest }, order, page], period) => {
      const query: AggregateQuery = within ? { ...rest, within } : rest;
      await aggregateAll(reader, query);
      await countGroups(reader, query);
      if (query.dimensions.length > 0) await aggregatePage(reader, query, order, page);
      const { iterationIds = null, strategyIds = null } = query.filter;
      const isDaily = !query.dimensions.includes('HOUR');
      const filter = { iterationIds, strategyIds, period: period ?? null, isDaily, timeZone: null };
      if (within && query.dimensions.every((name) => clickDimensions.has(name)))
        await clicksPerGroup(reader, query.dimensions, filter, within);
    }),
    { numRuns: 300 },
  );
});

test('so are the conversions of each group', async () => {
  const ofGroups = fc.subarray([...metricDimensions], { minLength: 1 }).chain((dimensions) =>
    fc.record({
      dimensions: fc.constant(dimensions),
      keys: keysOf(dimensions),
      filter: conversionFilter,
      order: conversionOrder,
      atBuild: fc.constantFrom(null, '3'),
      zone: fc.constantFrom(null, 'America/New_York', 'Asia/Kathmandu'),
    }),
  );
  const pages = ofGroups
    .map(({ dimensions, keys, filter, order, atBuild, zone }) => {
      const within = areInGroups(dimensions, zone, keys);
      const parent = conversionParent(dimensions, zone, filter.convertedBetween ?? {});
      return { list: conversionList(reader, { filter, within, order, atBuild }), parent };
    })
    .chain(({ list, parent }) =>
      fc.record({ list: fc.constant(list), parent: fc.constant(parent), page: pageOf(list.sort.length) }),
    );
  await fc.assert(
    fc.asyncProperty(pages, ({ list, parent, page }) => fetchPagePerParent(reader, list, parent, page).then(() => {})),
    { numRuns: 300 },
  );
});

test('and lists of one filter and different parents', async () => {
  const filter = { strategyIds: ['1'], iterationIds: ['2'] };
  const list = conversionList(reader, { filter, order: { field: 'ID', direction: 'ASC' } });
  for (const parent of conversionParent(['STRATEGY', 'ITERATION'])) {
    await fetchPagePerParent(reader, list, [parent], { first: 1, after: null });
    await countRowsPerParent(reader, list, parent);
  }
});

test('so are look-ups by key', async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (ids) => {
      await conversionsByIds(reader, ids);
      await strategiesByIds(reader, ids);
      await iterationsByIds(reader, ids);
      await currentIterations(reader, ids);
    }),
  );
});

test('a text that holds a value of the client is not kept', async () => {
  const filter = { aroundBoundary: 60, isAttributed: true };
  const sent: Query<unknown>[] = [];
  const recording: BuildReader = {
    ...reader,
    rows: async (_, query) => {
      sent.push(query);
      return [];
    },
  };
  const order = { field: 'ID', direction: 'ASC' } as const;
  const list = conversionList(reader, { filter, order });
  await fetchPage(recording, list, { first: 1, after: null });
  await countRows(recording, list);
  const query: AggregateQuery = { dimensions: ['GOAL'], filter };
  await aggregateAll(recording, query);
  await countGroups(recording, query);
  await aggregatePage(recording, query, { field: 'KEY', direction: 'ASC' }, { first: 1, after: null });
  expect(sent).toHaveLength(5);
  for (const each of sent) {
    expect(each).not.toHaveProperty('shape');
    expect(known.compile(each, tables).sql).toContain("interval '60 seconds'");
  }
});
