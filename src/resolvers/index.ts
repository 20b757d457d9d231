import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import { buildSchema } from 'type-graphql';
import { costDirectives, declareCosts } from '../limits/field-costs.ts';
import { resolveLazyFields } from '../schema/lazy.ts';
import { AttributionSummaryResolver, SummaryRangesResolver, SummaryTotalsResolver } from './attribution-summary.ts';
import { BuildDiffResolver, BuildResolver, ChangesResolver, ConversionStateResolver } from './build.ts';
import { CampaignResolver } from './campaign.ts';
import { ClickResolver, ConversionRangesResolver, ConversionResolver } from './conversion.ts';
import {
  DataQualityBuildResolver,
  DataQualityFindingResolver,
  DataQualityResolver,
  DataQualitySubjectResolver,
  DataQualitySubjectsResolver,
} from './data-quality.ts';
import { DataStatusResolver } from './data-status.ts';
import { callResolversDirectly, validateOnce } from './direct-calls.ts';
import { ExplanationResolver, LiveRowsResolver } from './explanation.ts';
import { IterationResolver } from './iteration.ts';
import { MetricsResolver, MetricTotalsResolver } from './metrics.ts';
import { IterationPushResolver, PushResolver } from './push.ts';
import { PushDriftRowResolver, PushPlanRowResolver } from './push-causes.ts';
import { SavedQueryResolver } from './saved-query.ts';
import { StrategyResolver } from './strategy.ts';
import { UnattributedFixResolver } from './unattributed-fix.ts';

/** Builds the GraphQL schema with its resolvers. `npm run schema` writes it to src/schema/schema.graphql. */
export async function buildApiSchema(): Promise<GraphQLSchema> {
  const schema = await buildSchema({
    resolvers: [
      StrategyResolver,
      CampaignResolver,
      IterationResolver,
      ConversionResolver,
      ConversionRangesResolver,
      ExplanationResolver,
      BuildResolver,
      BuildDiffResolver,
      ChangesResolver,
      ConversionStateResolver,
      LiveRowsResolver,
      ClickResolver,
      MetricsResolver,
      MetricTotalsResolver,
      AttributionSummaryResolver,
      SummaryTotalsResolver,
      SummaryRangesResolver,
      UnattributedFixResolver,
      DataStatusResolver,
      DataQualityResolver,
      DataQualitySubjectsResolver,
      DataQualityFindingResolver,
      DataQualitySubjectResolver,
      DataQualityBuildResolver,
      PushResolver,
      IterationPushResolver,
      PushPlanRowResolver,
      PushDriftRowResolver,
      SavedQueryResolver,
    ],
    validate: false,
    validateFn: validateOnce,
    directives: [...specifiedDirectives, ...costDirectives],
  });
  // Lazy fields last: they have resolvers of their own.
  return resolveLazyFields(callResolversDirectly(declareCosts(schema)));
}
