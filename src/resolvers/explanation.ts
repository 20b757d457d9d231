import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { explanationOf } from '../connections/explanations.ts';
import { liveRowsOf } from '../connections/live-rows.ts';
import type { Context } from '../context.ts';
import { instantFromDate } from '../domain/instant.ts';
import { Volatile } from '../http/volatile.ts';
import { Conversion } from '../schema/conversion.ts';
import { AttributionExplanation, ExplainAttributionArgs } from '../schema/explanation.ts';
import { LiveRows } from '../schema/live-rows.ts';

@Resolver(() => Conversion)
export class ExplanationResolver {
  @RequiresRole('viewer')
  @Query(() => AttributionExplanation, {
    nullable: true,
    description:
      'Explains why a conversion has its iteration, or none: each hop from the event to the iterations, with its values. Null if ' +
      'there is no such conversion, or if dbt models of an earlier release made the build.',
  })
  explainAttribution(
    @Args() { conversionId }: ExplainAttributionArgs,
    @Ctx() { loaders }: Context,
  ): Promise<AttributionExplanation | null> {
    return explanationOf(loaders, conversionId);
  }

  @FieldResolver(() => AttributionExplanation, {
    nullable: true,
    description:
      'Why the conversion has its iteration, or none. Null for a state of another build that differs from that of the build being ' +
      'served, because only the latter has the rows that decided, and if dbt models of an earlier release made the build.',
  })
  explanation(@Root() conversion: Conversion, @Ctx() { loaders }: Context): Promise<AttributionExplanation | null> {
    return explanationOf(loaders, conversion.id, conversion);
  }
}

@Resolver(() => AttributionExplanation)
export class LiveRowsResolver {
  @Volatile()
  @FieldResolver(() => LiveRows, {
    nullable: true,
    description:
      'The rows of the conversion in the source tables now, and where they have moved since the build. Null if they could not be ' +
      'read: `liveUnavailable` says why. Reads three source tables, for which the service needs rights that it does not need otherwise.',
  })
  async live(@Root() explanation: AttributionExplanation, @Ctx() { loaders, now }: Context): Promise<LiveRows | null> {
    const answer = await liveRowsOf(loaders, explanation, instantFromDate(now()));
    return 'rows' in answer ? answer.rows : null;
  }

  @Volatile()
  @FieldResolver(() => String, {
    nullable: true,
    description: 'Why `live` is null, for display; null if it is not. Shares the statements of `live`.',
  })
  async liveUnavailable(
    @Root() explanation: AttributionExplanation,
    @Ctx() { loaders, now }: Context,
  ): Promise<string | null> {
    const answer = await liveRowsOf(loaders, explanation, instantFromDate(now()));
    return 'unavailable' in answer ? answer.unavailable : null;
  }
}
