import { Args, Ctx, Query, Resolver } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import type { Context } from '../context.ts';
import { aggregateAll } from '../db/warehouse/queries/aggregates.ts';
import { attributionStatuses } from '../db/warehouse/tables.ts';
import { AttributionSummary } from '../schema/attribution-summary.ts';
import { ConversionFilterArgs } from '../schema/conversion.ts';
import { statusTexts } from '../schema/enums.ts';

@Resolver()
export class AttributionSummaryResolver {
  @RequiresRole('viewer')
  @Query(() => AttributionSummary, { description: 'Counts attributed conversions, and unattributed ones by reason.' })
  async attributionSummary(
    @Args() { filter }: ConversionFilterArgs,
    @Ctx() { loaders }: Context,
  ): Promise<AttributionSummary> {
    const rows = await aggregateAll(loaders.warehouse, { dimensions: ['STATUS'], filter: filter ?? {} });
    const counts = new Map(rows.map((row) => [row.key[0], row.conversions]));
    const total = rows.reduce((sum, row) => sum + row.conversions, 0);
    const attributed = counts.get('ATTRIBUTED') ?? 0;
    const reasons = attributionStatuses
      .filter((status) => status !== 'ATTRIBUTED')
      .map((status) => ({ status, description: statusTexts[status], conversions: counts.get(status) ?? 0 }));
    return { total, attributed, unattributed: total - attributed, reasons };
  }
}
