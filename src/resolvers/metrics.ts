import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { connect } from '../connections/connect.ts';
import { conversionsOf } from '../connections/lists.ts';
import { groupMetrics, metricsOf } from '../connections/metrics.ts';
import type { Context } from '../context.ts';
import { aggregatePage, aggregatePosition, countGroups, metricSort } from '../db/warehouse/queries/aggregates.ts';
import { type Conversion, ConversionConnection, ConversionPageArgs } from '../schema/conversion.ts';
import { Iteration, toIteration } from '../schema/iteration.ts';
import {
  defaultMetricOrder,
  defaultMetricPage,
  MetricConnection,
  type MetricConnectionSource,
  MetricRow,
  Metrics,
  MetricsArgs,
  metricKeys,
} from '../schema/metrics.ts';
import { orderOr } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { Strategy, toStrategy } from '../schema/strategy.ts';

@Resolver(() => MetricRow)
export class MetricsResolver {
  @Query(() => MetricConnection, {
    description: 'Conversions in groups, page by page, with totals; every row leads down to exactly its conversions.',
  })
  metrics(@Args() args: MetricsArgs, @Ctx() { loaders }: Context): MetricConnectionSource {
    const { groupBy: dimensions, first, after } = args;
    const filter = args.filter ?? {};
    const order = orderOr(args.orderBy, defaultMetricOrder, 'DESC');
    const query = { dimensions, filter };
    const connection = connect({
      scope: ['metrics', dimensions, filter, order],
      columns: metricSort(dimensions, order).length,
      page: { first, after },
      defaultFirst: defaultMetricPage,
      fetch: (request) => aggregatePage(loaders.warehouse, query, order, request),
      count: () => countGroups(loaders.warehouse, query),
      position: (row) => aggregatePosition(row, order),
      node: (row): MetricRow => {
        const group = { ...query, key: row.key };
        return { ...metricKeys(dimensions, row.key), metrics: metricsOf(loaders, group, row), group };
      },
    });
    return { ...connection, totals: () => groupMetrics(loaders, { dimensions: [], key: [], filter }) };
  }

  @FieldResolver(() => Strategy, { nullable: true, description: 'Grouped by STRATEGY: the strategy.' })
  async strategy(@Root() { strategyId }: MetricRow, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = strategyId === null ? null : await loaders.strategy.load(strategyId);
    return row && toStrategy(row);
  }

  @FieldResolver(() => Iteration, { nullable: true, description: 'Grouped by ITERATION: the iteration.' })
  async iteration(@Root() { iterationId }: MetricRow, @Ctx() { loaders }: Context): Promise<Iteration | null> {
    const row = iterationId === null ? null : await loaders.iteration.load(iterationId);
    return row && toIteration(row);
  }

  @FieldResolver(() => ConversionConnection, { description: 'Exactly the conversions that this row counts.' })
  drillDown(
    @Root() { group }: MetricRow,
    @Args() args: ConversionPageArgs,
    @Ctx() { loaders }: Context,
  ): Connection<Conversion> {
    return conversionsOf(loaders, group, args);
  }
}

@Resolver(() => MetricConnection)
export class MetricTotalsResolver {
  @FieldResolver(() => Metrics, { description: 'What all groups of all pages add up to.' })
  totals(@Root() connection: MetricConnectionSource): Promise<Metrics> {
    return connection.totals();
  }
}
