import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { causesSinceReceipt } from '../connections/push-causes.ts';
import type { Context } from '../context.ts';
import { CauseCount } from '../schema/build-diff.ts';
import { PushDriftRow } from '../schema/push-drift.ts';
import { PushPlanRow } from '../schema/push-plan.ts';

const description =
  'Why conversions of the iteration changed since the build whose values AdSuite accepted last: for each cause, the conversions that ' +
  'came, left or changed for it, most first. Empty if only clicks changed. Null if AdSuite accepted no values, or the history does not ' +
  'go back to that build.';

@Resolver(() => PushPlanRow)
export class PushPlanRowResolver {
  @FieldResolver(() => [CauseCount], { nullable: true, description })
  causes(
    @Root() { iterationId, builtBy }: PushPlanRow,
    @Ctx() { loaders, pushes }: Context,
  ): Promise<CauseCount[] | null> {
    return causesSinceReceipt(loaders, pushes, iterationId, builtBy);
  }
}

@Resolver(() => PushDriftRow)
export class PushDriftRowResolver {
  @FieldResolver(() => [CauseCount], { nullable: true, description })
  causes(
    @Root() { iterationId, builtBy }: PushDriftRow,
    @Ctx() { loaders, pushes }: Context,
  ): Promise<CauseCount[] | null> {
    return causesSinceReceipt(loaders, pushes, iterationId, builtBy);
  }
}
