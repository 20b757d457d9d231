import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { conversionsOf } from '../connections/conversions.ts';
import { allFixes } from '../connections/fixes.ts';
import type { Context } from '../context.ts';
import { type BuildRow, buildTimes } from '../db/warehouse/queries/builds.ts';
import { Campaign, toCampaign } from '../schema/campaign.ts';
import { ConversionConnection, type ConversionConnectionSource, ConversionPageArgs } from '../schema/conversion.ts';
import type { Connection } from '../schema/page.ts';
import { DateTime, Id } from '../schema/scalars.ts';
import { Strategy, toStrategy } from '../schema/strategy.ts';
import { UnattributedByArgs, UnattributedFix, UnattributedFixConnection } from '../schema/unattributed-fix.ts';

@Resolver(() => UnattributedFix)
export class UnattributedFixResolver {
  @RequiresRole('viewer')
  @Query(() => UnattributedFixConnection, {
    description:
      'The work list: what to fix so that unattributed conversions are attributed, with the conversions and payout that wait ' +
      'for it. The conversions of all entries add up to the unattributed ones.',
  })
  unattributedBy(@Args() args: UnattributedByArgs, @Ctx() { loaders }: Context): Connection<UnattributedFix> {
    return allFixes(loaders, args);
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description:
      'Cut-off time of the first build since which one of the conversions has waited for this fix without interruption. A wait ' +
      'from before the history began counts from its first build. Null if that build is no longer recorded.',
  })
  async waitingSince(@Root() fix: UnattributedFix, @Ctx() { loaders }: Context): Promise<string | null> {
    const build = await buildOf(loaders, fix);
    return build && buildTimes(build).asOf;
  }

  @FieldResolver(() => Id, { nullable: true, description: 'Id of the build of `waitingSince`.' })
  async waitingSinceBuild(@Root() fix: UnattributedFix, @Ctx() { loaders }: Context): Promise<string | null> {
    return (await buildOf(loaders, fix))?.build_id ?? null;
  }

  @FieldResolver(() => Campaign, {
    nullable: true,
    description: 'The campaign to fix; null if the subject is none, or AdGem does not list it.',
  })
  async campaign(@Root() fix: UnattributedFix, @Ctx() { loaders }: Context): Promise<Campaign | null> {
    const row = fix.subjectKind === 'CAMPAIGN' && fix.subjectId ? await loaders.campaign.load(fix.subjectId) : null;
    return row && toCampaign(row);
  }

  @FieldResolver(() => Strategy, { nullable: true, description: 'The strategy to fix; null if the subject is none.' })
  async strategy(@Root() fix: UnattributedFix, @Ctx() { loaders }: Context): Promise<Strategy | null> {
    const row = fix.subjectKind === 'STRATEGY' && fix.subjectId ? await loaders.strategy.load(fix.subjectId) : null;
    return row && toStrategy(row);
  }

  @FieldResolver(() => ConversionConnection, {
    description:
      'The conversions that wait. Costs a statement per kind of subject, at most five, and as many for `totalCount`.',
  })
  drillDown(
    @Root() { group }: UnattributedFix,
    @Args() args: ConversionPageArgs,
    @Ctx() { loaders }: Context,
  ): ConversionConnectionSource {
    return conversionsOf(loaders, group, args);
  }
}

async function buildOf(loaders: Context['loaders'], fix: UnattributedFix): Promise<BuildRow | null> {
  return fix.sinceBuildNumber === null ? null : loaders.buildByNumber.load(fix.sinceBuildNumber);
}
