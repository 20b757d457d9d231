import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import { buildSchema } from 'type-graphql';
import { costDirectives, declareCosts } from '../limits/field-costs.ts';
import { validateArguments } from '../schema/validation.ts';
import { AttributionSummaryResolver } from './attribution-summary.ts';
import { ConversionResolver } from './conversion.ts';
import { DataQualityResolver, DataQualitySubjectsResolver } from './data-quality.ts';
import { DataStatusResolver } from './data-status.ts';
import { IterationResolver } from './iteration.ts';
import { MetricsResolver, MetricTotalsResolver } from './metrics.ts';
import { IterationPushResolver, PushResolver } from './push.ts';
import { StrategyResolver } from './strategy.ts';

/** Builds the GraphQL schema with its resolvers. `npm run schema` writes it to src/schema/schema.graphql. */
export async function buildApiSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      StrategyResolver,
      IterationResolver,
      ConversionResolver,
      MetricsResolver,
      MetricTotalsResolver,
      AttributionSummaryResolver,
      DataStatusResolver,
      DataQualityResolver,
      DataQualitySubjectsResolver,
      PushResolver,
      IterationPushResolver,
    ],
    validate: false,
    validateFn: validateArguments,
    directives: [...specifiedDirectives, ...costDirectives],
  });
  return declareCosts(schema);
}
