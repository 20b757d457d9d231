import DataLoader from 'dataloader';
import { untilAborted } from '../../abort.ts';
import { textKey } from '../../domain/ids.ts';
import { BuildReplaced } from '../../errors.ts';
import type { Page, PageRequest } from '../page.ts';
import type { BuildWatch } from './build-watch.ts';
import type { BuildReader, Warehouse } from './connect.ts';
import { countRowsPerParent, fetchPagePerParent, keyOf, keyText, type ParentKey } from './list-query.ts';
import type { Order } from './order.ts';
import { type AggregateQuery, type AggregateRow, aggregateAll } from './queries/aggregates.ts';
import { readBuild } from './queries/builds.ts';
import { type ClickFilter, clicksPerGroup } from './queries/clicks.ts';
import {
  type ConversionFilter,
  type ConversionOrderField,
  type ConversionRow,
  conversionList,
  conversionsByIds,
  conversionsMatch,
} from './queries/conversions.ts';
import { conversionDimensions, isInGroups, type MetricDimension } from './queries/dimensions.ts';
import {
  currentIterations,
  type IterationFilter,
  type IterationOrderField,
  type IterationRow,
  iterationList,
  iterationParent,
  iterationsByIds,
} from './queries/iterations.ts';
import { mirrorRefreshes } from './queries/mirror.ts';
import { qualityOfBuild } from './queries/quality.ts';
import { type StrategyRow, strategiesByIds } from './queries/strategies.ts';
import { allOf } from './sql.ts';

/**
 * Maximum keys per statement. It keeps a statement below the 32,767 parameters that Redshift accepts: up to 7 per group
 * key (17,500), up to 99 padding keys for each of the 16 combinations of nulls (7,920), and a filter's six lists
 * (7,000: event ids count twice). More parents need a second statement.
 */
const maxKeys = 2_500;

/** The filter of a strategy's iterations. */
export type NestedIterationFilter = Pick<IterationFilter, 'activeAt'>;

export interface IterationsOfStrategy {
  readonly filter: NestedIterationFilter;
  readonly order: Order<IterationOrderField>;
  readonly page: PageRequest;
}

/** The conversions of a `metrics` group. The group's key is passed separately. */
export interface ConversionsOfGroup {
  readonly dimensions: readonly MetricDimension[];
  readonly filter: ConversionFilter;
  readonly order: Order<ConversionOrderField>;
  readonly page: PageRequest;
}

/** A request's reads of the warehouse. Look-ups by key are batched: a hundred parents cost as much as one. */
export type WarehouseLoaders = ReturnType<typeof createLoaders>;

/**
 * Creates the loaders of one request, which also cache what they load. All read one build, the newest at the first use.
 *
 * @param signal ends queries that wait or run, with its reason as the error.
 */
export function createLoaders(all: Warehouse, builds: BuildWatch, signal: AbortSignal) {
  const shared = all.within(signal);
  let picked: ReturnType<BuildWatch['newest']> | undefined;
  let mirror: ReturnType<typeof mirrorRefreshes> | undefined;
  const quality = new Map<string, ReturnType<typeof qualityOfBuild>>();
  const build = () => {
    // Other requests share the look-up, so it continues.
    picked ??= untilAborted(builds.newest(), signal);
    return picked;
  };
  const warehouse = forgetting(readBuild(shared, build), builds);
  return {
    /** The tables of the build. */
    warehouse,
    /** The build that the request reads. */
    build,
    /** The build of what was read; null if nothing was. */
    buildOfAnswer: async () => picked ?? null,
    /** How fresh the AdSuite mirror is now. */
    mirror: () => {
      mirror ??= mirrorRefreshes(shared);
      return mirror;
    },
    /** The data-quality findings of a build; null if the build was not checked. */
    quality: (buildId: string) => {
      const known = quality.get(buildId) ?? qualityOfBuild(shared, buildId);
      quality.set(buildId, known);
      return known;
    },
    strategy: byKey<StrategyRow>(
      (ids) => strategiesByIds(warehouse, ids),
      (row) => row.id,
    ),
    iteration: byKey<IterationRow>(
      (ids) => iterationsByIds(warehouse, ids),
      (row) => row.id,
    ),
    conversion: byKey<ConversionRow>(
      (ids) => conversionsByIds(warehouse, ids),
      (row) => row.id,
    ),
    /** By the strategy's id. */
    currentIteration: byKey<IterationRow>(
      (strategyIds) => currentIterations(warehouse, strategyIds),
      (row) => row.strategy_id,
    ),
    /** By the strategy's id. */
    iterationsOf: perParent<IterationsOfStrategy, Page<IterationRow>>(
      ({ filter, order, page }, strategies) => {
        const list = iterationList(warehouse, { ...filter, strategyIds: idsOf(strategies) }, order);
        return fetchPagePerParent(warehouse, list, [iterationParent], page);
      },
      () => emptyPage,
    ),
    /** By the strategy's id. */
    iterationCountOf: perParent<NestedIterationFilter, number>(
      (filter, strategies) => {
        const own = { ...filter, strategyIds: idsOf(strategies) };
        const list = iterationList(warehouse, own, { field: 'ID', direction: 'ASC' });
        return countRowsPerParent(warehouse, list, iterationParent);
      },
      () => 0,
    ),
    /** By the group's key. */
    conversionsOf: perParent<ConversionsOfGroup, Page<ConversionRow>>(
      ({ dimensions, filter, order, page }, keys) => {
        const parent = conversionDimensions(dimensions);
        const where = allOf([conversionsMatch(filter), isInGroups(parent, keys)]);
        return fetchPagePerParent(warehouse, conversionList(warehouse, where, order), parent, page);
      },
      () => emptyPage,
    ),
    /** By the group's key; a group without conversions has zeros. */
    aggregateOf: perParent<Omit<AggregateQuery, 'within'>, AggregateRow>(
      async ({ dimensions, filter }, keys) => {
        const rows = await aggregateAll(warehouse, { dimensions, filter, within: { dimensions, keys } });
        return new Map(rows.map((row) => [keyText(row.key), row]));
      },
      (key) => ({ key, conversions: 0, payout: '0.0000', firstConversionAt: null, lastConversionAt: null }),
    ),
    /** A group's aggregates by one more dimension. By the outer group's key. */
    breakdownOf: perParent<BreakdownOfGroup, readonly AggregateRow[]>(
      async ({ dimensions, by, filter }, keys) => {
        const rows = await aggregateAll(warehouse, {
          dimensions: [...dimensions, by],
          filter,
          within: { dimensions, keys },
        });
        return Map.groupBy(rows, (row) => keyText(row.key.slice(0, dimensions.length)));
      },
      () => [],
    ),
    /** By the group's key. */
    clicksOf: perParent<ClicksOfGroup, number>(
      ({ dimensions, filter }, keys) => clicksPerGroup(warehouse, dimensions, filter, { dimensions, keys }),
      () => 0,
    ),
    /** A group's clicks by UTC day: all days of a parent cost one key. By the group's key. */
    clicksByDayOf: perParent<ClicksOfGroup, ReadonlyMap<string, number>>(
      async ({ dimensions, filter }, keys) => {
        const clicks = await clicksPerGroup(warehouse, [...dimensions, 'DAY'], filter, { dimensions, keys });
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

/** If the tables of the known build are gone, the next request must find the newest build. */
function forgetting(reader: BuildReader, builds: BuildWatch): BuildReader {
  return {
    ...reader,
    rows: async (name, query) => {
      try {
        return await reader.rows(name, query);
      } catch (error) {
        if (error instanceof BuildReplaced) builds.forget();
        throw error;
      }
    },
  };
}

export interface BreakdownOfGroup extends Omit<AggregateQuery, 'within'> {
  readonly by: MetricDimension;
}

export interface ClicksOfGroup {
  readonly dimensions: readonly MetricDimension[];
  readonly filter: ClickFilter;
}

const emptyPage: Page<never> = { rows: [], hasNextPage: false };

const idsOf = (parents: readonly ParentKey[]): string[] => parents.map(([id]) => String(id));

/** Waits for the current turn of the event loop, so that parents resolved in parallel share a statement. */
const batchScheduleFn = (dispatch: () => void): void => void setImmediate(dispatch);

/**
 * One row by its unique key, or null. A key that differs from its row's in blanks at the end finds the row if the database
 * found it, see `textKey`.
 */
function byKey<Row>(fetch: (keys: readonly string[]) => Promise<Row[]>, keyOf: (row: Row) => string) {
  return new DataLoader<string, Row | null>(
    async (keys) => {
      const rows = await fetch(keys);
      const stored = new Map(rows.map((row) => [keyOf(row), row]));
      const compared = new Map(rows.map((row) => [textKey(keyOf(row)), row]));
      return keys.map((key) => stored.get(key) ?? compared.get(textKey(key)) ?? null);
    },
    { maxBatchSize: maxKeys, batchScheduleFn },
  );
}

/** A value per parent. Parents with equal arguments share one statement. */
function perParent<Arguments, Value>(
  fetch: (args: Arguments, keys: readonly ParentKey[]) => Promise<ReadonlyMap<string, Value>>,
  absent: (key: ParentKey) => Value,
) {
  const loaders = new Map<string, DataLoader<ParentKey, Value, string>>();
  return (args: Arguments, key: ParentKey): Promise<Value> => {
    const name = JSON.stringify(args);
    let loader = loaders.get(name);
    if (!loader) {
      loader = new DataLoader<ParentKey, Value, string>(
        async (keys) => {
          const values = await fetch(args, keys);
          return keys.map((each) => values.get(keyText(each)) ?? absent(each));
        },
        { maxBatchSize: maxKeys, batchScheduleFn, cacheKeyFn: keyText },
      );
      loaders.set(name, loader);
    }
    return loader.load(key);
  };
}
