import type { Page, PageRequest } from '../page.ts';
import type { BuildReader, JoiningReader } from './connect.ts';
import { countRowsPerParent, fetchPagePerParent, keyOf, keyText } from './list-query.ts';
import { byJointKey, byKey, emptyPage, idsOf, jointLookUp, perParent } from './loader-factories.ts';
import type { Order } from './order.ts';
import { type AggregateQuery, type AggregateRow, aggregateAll } from './queries/aggregates.ts';
import { type CampaignRow, campaignsByIds } from './queries/campaigns.ts';
import { type ClickFilter, clicksPerGroup } from './queries/clicks.ts';
import type { MetricDimension } from './queries/dimensions.ts';
import {
  type OfferStrategies,
  strategiesOfOffers,
  type WindowAnchor,
  type WindowsAround,
  windowsAround,
} from './queries/explain-strategies.ts';
import {
  currentIterations,
  type IterationFilter,
  type IterationOrderField,
  type IterationRow,
  iterationList,
  iterationParent,
  iterationsByIds,
} from './queries/iterations.ts';
import { type StrategyRow, strategiesByIds } from './queries/strategies.ts';

/** The filter of a strategy's iterations. */
export type NestedIterationFilter = Pick<IterationFilter, 'activeAt'>;

export interface IterationsOfStrategy {
  readonly filter: NestedIterationFilter;
  readonly order: Order<IterationOrderField>;
  readonly page: PageRequest;
}

/** The groups of all conversions that match. */
export type GroupsQuery = Omit<AggregateQuery, 'within'>;

export interface BreakdownOfGroup extends GroupsQuery {
  readonly by: MetricDimension;
}

export interface ClicksOfGroup {
  readonly dimensions: readonly MetricDimension[];
  readonly filter: ClickFilter;
}

export interface Readers {
  readonly warehouse: JoiningReader;
  /** For tables that only the models of this release publish. */
  readonly ofThisRelease: JoiningReader;
  /** The state of a build in the history, by its number; null: the tables of the build. */
  readonly at: (number: string | null) => BuildReader;
}

const strategyById = jointLookUp<StrategyRow>(strategiesByIds, (row) => row.id);
const campaignById = jointLookUp<CampaignRow>(campaignsByIds, (row) => row.id);
const iterationById = jointLookUp<IterationRow>(iterationsByIds, (row) => row.id);
const currentIteration = jointLookUp<IterationRow>(currentIterations, (row) => row.strategy_id);

/** The batched look-ups of strategies, iterations, campaigns and daily sums in SQL. */
export function smallTableStatements({ warehouse, ofThisRelease, at }: Readers) {
  /** The table of the counts per quarter-hour is new. */
  const withClicks = ({ isDaily }: ClickFilter) => (isDaily ? warehouse : ofThisRelease);
  return {
    strategy: byJointKey(warehouse, strategyById),
    campaign: byJointKey(ofThisRelease, campaignById),
    iteration: byJointKey(warehouse, iterationById),
    currentIteration: byJointKey(warehouse, currentIteration),
    strategiesOfOffer: byKey<OfferStrategies>(
      (offers) => strategiesOfOffers(warehouse, offers),
      (row) => row.offerId,
    ),
    windowsAround: byKey<WindowsAround, WindowAnchor>(
      (anchors) => windowsAround(warehouse, anchors),
      (row) => row.anchor,
    ),
    iterationsOf: perParent<IterationsOfStrategy, Page<IterationRow>>(
      ({ filter, order, page }, strategies) => {
        const list = iterationList(warehouse, { ...filter, strategyIds: idsOf(strategies) }, order);
        return fetchPagePerParent(warehouse, list, [iterationParent], page);
      },
      () => emptyPage,
    ),
    iterationCountOf: perParent<NestedIterationFilter, number>(
      (filter, strategies) => {
        const own = { ...filter, strategyIds: idsOf(strategies) };
        const list = iterationList(warehouse, own, { field: 'ID', direction: 'ASC' });
        return countRowsPerParent(warehouse, list, iterationParent);
      },
      () => 0,
    ),
    aggregateOf: perParent<GroupsQuery, AggregateRow>(
      async (query, keys) => {
        const within = { dimensions: query.dimensions, keys };
        const rows = await aggregateAll(at(query.atBuild ?? null), { ...query, within });
        return new Map(rows.map((row) => [keyText(row.key), row]));
      },
      (key) => ({ key, conversions: 0, payout: '0.0000', firstConversionAt: null, lastConversionAt: null }),
    ),
    breakdownOf: perParent<BreakdownOfGroup, readonly AggregateRow[]>(
      async ({ dimensions, by, ...query }, keys) => {
        const rows = await aggregateAll(at(query.atBuild ?? null), {
          ...query,
          dimensions: [...dimensions, by],
          within: { dimensions, keys },
        });
        return Map.groupBy(rows, (row) => keyText(row.key.slice(0, dimensions.length)));
      },
      () => [],
    ),
    clicksOf: perParent<ClicksOfGroup, number>(
      ({ dimensions, filter }, keys) => clicksPerGroup(withClicks(filter), dimensions, filter, { dimensions, keys }),
      () => 0,
    ),
    clicksByDayOf: perParent<ClicksOfGroup, ReadonlyMap<string, number>>(
      async ({ dimensions, filter }, keys) => {
        const clicks = await clicksPerGroup(withClicks(filter), [...dimensions, 'DAY'], filter, { dimensions, keys });
        const groups = Map.groupBy(clicks, ([key]) => keyText(keyOf(key).slice(0, -1)));
        return new Map(
          [...groups].map(([key, days]) => [
            key,
            new Map(days.map(([day, count]) => [String(keyOf(day).at(-1)), count])),
          ]),
        );
      },
      () => new Map(),
    ),
  };
}
