import type { Answer } from '../answer.ts';
import type { Page, PageRequest } from '../page.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { BuildReader } from './connect.ts';
import { countRows, fetchPage, keyText, type ListQuery, type ParentKey } from './list-query.ts';
import { remembered } from './loader-factories.ts';
import type { Order } from './order.ts';
import type { AggregateRow, MetricOrderField } from './queries/aggregates.ts';
import { type CampaignFilter, type CampaignOrderField, type CampaignRow, campaignList } from './queries/campaigns.ts';
import {
  type OfferStrategies,
  offerStrategies,
  type StrategiesWithoutOffer,
  strategiesWithoutOffer,
  type WindowAnchor,
  type WindowsAround,
  withoutOffer,
} from './queries/explain-strategies.ts';
import { aggregatePage, clicksOfGroups, countGroups } from './queries/group-pages.ts';
import {
  type IterationFilter,
  type IterationOrderField,
  type IterationRow,
  iterationList,
} from './queries/iterations.ts';
import {
  type StrategyFilter,
  type StrategyOrderField,
  type StrategyRow,
  strategiesByOffer,
  strategyList,
} from './queries/strategies.ts';
import {
  type BreakdownOfGroup,
  type ClicksOfGroup,
  type GroupsQuery,
  type IterationsOfStrategy,
  type NestedIterationFilter,
  type Readers,
  smallTableStatements,
} from './small-table-statements.ts';
import { type SnapshotFirst, snapshotFirst } from './snapshot-first.ts';
import type { WarehouseTables } from './tables.ts';

interface SmallTables extends Readers, SnapshotFirst {}

/**
 * The loaders of strategies, iterations, campaigns and daily sums. Each asks the snapshot of the request's build first, and the
 * warehouse for what it can't answer: see src/db/snapshot.
 */
export function smallTableLoaders(options: SmallTables) {
  const { warehouse, ofThisRelease, at } = options;
  const { ask, askForSums } = snapshotFirst(options);
  let offerless: Answer<StrategiesWithoutOffer> | undefined;
  const clicksByDay = new Map<string, Answer<ReadonlyMap<string, number>>>();
  const sql = smallTableStatements(options);
  /** The table of the counts per quarter-hour is new. */
  const ofGroups = (query: GroupsQuery, field: MetricOrderField): BuildReader =>
    clicksOfGroups(query, field)?.isDaily === false ? ofThisRelease : at(query.atBuild ?? null);
  /** A list without a parent: in memory, or with the same filter and order in SQL. */
  const list = <Table extends keyof WarehouseTables, Filter, Field extends string, Row>(
    reader: BuildReader,
    ofSnapshot: (snapshot: Snapshot) => InMemory<Filter, Field, Row> | null,
    inSql: (reader: BuildReader, filter: Filter, order: Order<Field>) => ListQuery<Table, Row>,
  ) => ({
    page: (filter: Filter, order: Order<Field>, request: PageRequest): Answer<Page<Row>> =>
      ask(
        (snapshot) => ofSnapshot(snapshot)?.page(filter, order, request),
        () => fetchPage(reader, inSql(reader, filter, order), request),
      ),
    count: (filter: Filter, order: Order<Field>): Answer<number> =>
      ask(
        (snapshot) => ofSnapshot(snapshot)?.count(filter),
        () => countRows(reader, inSql(reader, filter, order)),
      ),
  });
  return {
    strategy: {
      load: (id: string): Answer<StrategyRow | null> =>
        ask(
          ({ strategies }) => strategies.byId(id),
          () => sql.strategy.load(id),
        ),
    },
    campaign: {
      load: (id: string): Answer<CampaignRow | null> =>
        ask(
          ({ campaigns }) => campaigns?.byId(id),
          () => sql.campaign.load(id),
        ),
    },
    iteration: {
      load: (id: string): Answer<IterationRow | null> =>
        ask(
          ({ iterations }) => iterations.byId(id),
          () => sql.iteration.load(id),
        ),
    },
    /** By the strategy's id. */
    currentIteration: {
      load: (strategyId: string): Answer<IterationRow | null> =>
        ask(
          ({ iterations }) => iterations.current(strategyId),
          () => sql.currentIteration.load(strategyId),
        ),
    },
    strategies: list<'strategies', StrategyFilter, StrategyOrderField, StrategyRow>(
      warehouse,
      ({ strategies }) => strategies,
      strategyList,
    ),
    iterations: list<'iterations_with_end_time', IterationFilter, IterationOrderField, IterationRow>(
      warehouse,
      ({ iterations }) => iterations,
      iterationList,
    ),
    campaigns: list<'campaigns', CampaignFilter, CampaignOrderField, CampaignRow>(
      ofThisRelease,
      ({ campaigns }) => campaigns,
      campaignList,
    ),
    /** The strategies that use an offer, lowest id first. */
    strategiesByOffer: (offerId: string): Answer<readonly StrategyRow[]> =>
      ask<readonly StrategyRow[]>(
        ({ strategies }) => strategies.ofOffer(offerId),
        () => strategiesByOffer(warehouse, offerId),
      ),
    /** The same with their number, for an explanation; null: there are none. By the offer's id. */
    strategiesOfOffer: {
      load: remembered(
        (offerId: string): Answer<OfferStrategies | null> =>
          ask(
            ({ strategies }) => offerStrategies(offerId, strategies.ofOffer(offerId)),
            () => sql.strategiesOfOffer.load(offerId),
          ),
      ),
    },
    strategiesWithoutOffer: (): Answer<StrategiesWithoutOffer> => {
      offerless ??= ask(
        ({ strategies }) => withoutOffer(strategies.ofOffer(null)),
        () => strategiesWithoutOffer(warehouse),
      );
      return offerless;
    },
    /** The iterations around one that decides; null: it does not exist. */
    windowsAround: {
      load: remembered(
        (anchor: WindowAnchor): Answer<WindowsAround | null> =>
          ask(
            ({ iterations }) => iterations.windowsAround(anchor),
            () => sql.windowsAround.load(anchor),
          ),
      ),
    },
    /** By the strategy's id. */
    iterationsOf: (args: IterationsOfStrategy, strategyId: string): Answer<Page<IterationRow>> =>
      ask(
        ({ iterations }) => iterations.page({ ...args.filter, strategyIds: [strategyId] }, args.order, args.page),
        () => sql.iterationsOf(args, [strategyId]),
      ),
    /** By the strategy's id. */
    iterationCountOf: (filter: NestedIterationFilter, strategyId: string): Answer<number> =>
      ask(
        ({ iterations }) => iterations.count({ ...filter, strategyIds: [strategyId] }),
        () => sql.iterationCountOf(filter, [strategyId]),
      ),
    /** By the group's key; a group without conversions has zeros. */
    aggregateOf: (query: GroupsQuery, key: ParentKey): Answer<AggregateRow> =>
      askForSums(
        ({ metrics }) => metrics?.totals(query, key),
        () => sql.aggregateOf(query, key),
      ),
    /** The distinct clicks that have a conversion in a group. By the group's key. */
    convertedClicksOf: (query: GroupsQuery, key: ParentKey): Promise<number> =>
      sql.aggregateOf({ ...query, countsClicks: true }, key).then((row) => row.convertedClicks ?? 0),
    /** A group's aggregates by one more dimension. By the outer group's key. */
    breakdownOf: (args: BreakdownOfGroup, key: ParentKey): Answer<readonly AggregateRow[]> =>
      askForSums(
        ({ metrics }) => metrics?.breakdown(args, args.by, key),
        () => sql.breakdownOf(args, key),
      ),
    /** The groups of a query, without a parent. */
    groups: {
      page: (query: GroupsQuery, order: Order<MetricOrderField>, request: PageRequest): Answer<Page<AggregateRow>> =>
        askForSums(
          ({ metrics }) => metrics?.page(query, order, request),
          () => aggregatePage(ofGroups(query, order.field), query, order, request),
        ),
      count: (query: GroupsQuery): Answer<number> =>
        askForSums(
          ({ metrics }) => metrics?.count(query),
          () => countGroups(ofGroups(query, 'KEY'), query),
        ),
    },
    /** By the group's key. */
    clicksOf: (args: ClicksOfGroup, key: ParentKey): Answer<number> =>
      askForSums(
        ({ clicks }) => clicks?.total(args.dimensions, args.filter, key),
        () => sql.clicksOf(args, key),
      ),
    /** A group's clicks by UTC day: all days of a parent cost one key. By the group's key. */
    clicksByDayOf: (args: ClicksOfGroup, key: ParentKey): Answer<ReadonlyMap<string, number>> => {
      // Each day of a parent asks for all of them.
      const name = `${JSON.stringify(args)} ${keyText(key)}`;
      const known =
        clicksByDay.get(name) ??
        askForSums(
          ({ clicks }) => clicks?.byDay(args.dimensions, args.filter, key),
          () => sql.clicksByDayOf(args, key),
        );
      clicksByDay.set(name, known);
      return known;
    },
  };
}

/** A list in memory. An answer is undefined if only the warehouse has it. */
interface InMemory<Filter, Field extends string, Row> {
  page(filter: Filter, order: Order<Field>, request: PageRequest): Page<Row> | undefined;
  count(filter: Filter): number | undefined;
}
