import { Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import { allBuilds, buildById, buildByNumber } from '../connections/builds.ts';
import { buildDiff, changesOf } from '../connections/changes.ts';
import type { Context } from '../context.ts';
import { Volatile } from '../http/volatile.ts';
import { Build, BuildArgs, BuildConnection, BuildsArgs } from '../schema/build.ts';
import { BuildDiff, BuildDiffArgs, ConversionMove, IterationChange, LargestArgs } from '../schema/build-diff.ts';
import { ChangeConnection, type ChangeConnectionSource, ChangesArgs, ConversionState } from '../schema/change.ts';
import type { Connection } from '../schema/page.ts';
import { Id } from '../schema/scalars.ts';

@Resolver()
export class BuildResolver {
  @RequiresRole('viewer')
  @Volatile()
  @Query(() => Build, {
    nullable: true,
    description:
      'Looks up a build by id; null if there is none. It may be newer than the build being served, if another process of the service ' +
      'already serves it.',
  })
  build(@Args() { id }: BuildArgs, @Ctx() { loaders }: Context): Promise<Build | null> {
    return buildById(loaders, id);
  }

  @RequiresRole('viewer')
  @Query(() => BuildConnection, { description: 'Lists builds, newest first: the first one is the build being served.' })
  builds(@Args() page: BuildsArgs, @Ctx() { loaders }: Context): Promise<Connection<Build>> {
    return allBuilds(loaders, page);
  }

  @RequiresRole('viewer')
  @Query(() => BuildDiff, {
    description:
      'Sums up what differs between two builds: what changed from what to what, why, and what iterations gained and lost. Fails with ' +
      'BUILD_NOT_KEPT if the history does not go back to the older build.',
  })
  buildDiff(@Args() args: BuildDiffArgs, @Ctx() { loaders }: Context): Promise<BuildDiff> {
    return buildDiff(loaders, args);
  }

  @RequiresRole('viewer')
  @Query(() => ChangeConnection, {
    description:
      'Lists the conversions whose state in a newer build differs from that in an older one, each once, by event id. One that changed ' +
      'and changed back is left out. To keep a copy: apply all pages, then store `throughBuild`, and pass it as the next `sinceBuild`. ' +
      'Fails with BUILD_NOT_KEPT if the history does not go back to `sinceBuild`: then read everything again.',
  })
  changes(@Args() args: ChangesArgs, @Ctx() { loaders }: Context): Promise<ChangeConnectionSource> {
    return changesOf(loaders, args);
  }
}

@Resolver(() => BuildDiff)
export class BuildDiffResolver {
  @FieldResolver(() => [ConversionMove], {
    description: 'What changed from what to what, most conversions first.',
  })
  moves(@Root() diff: BuildDiff, @Args() { first }: LargestArgs): Promise<ConversionMove[]> {
    return diff.largestMoves(first ?? 100);
  }

  @FieldResolver(() => [IterationChange], {
    description: 'What each iteration gained and lost, most conversions first.',
  })
  iterations(@Root() diff: BuildDiff, @Args() { first }: LargestArgs): Promise<IterationChange[]> {
    return diff.mostChanged(first ?? 100);
  }
}

@Resolver(() => ChangeConnection)
export class ChangesResolver {
  @FieldResolver(() => Id, {
    description:
      'Id of the newer build: that of the first page, on all pages. Once all pages are read, the only valid `sinceBuild` of the next ' +
      'request.',
  })
  throughBuild(@Root() { throughBuild }: ChangeConnectionSource): string {
    return throughBuild;
  }
}

@Resolver(() => ConversionState)
export class ConversionStateResolver {
  @FieldResolver(() => Build, {
    nullable: true,
    description:
      'The first build with this state, or the one with which the history began; null if it is not recorded.',
  })
  fromBuild(@Root() { fromNumber }: ConversionState, @Ctx() { loaders }: Context): Promise<Build | null> {
    return buildByNumber(loaders, fromNumber);
  }

  @FieldResolver(() => Build, {
    nullable: true,
    description: 'The first build without it; null if the build being served has it.',
  })
  untilBuild(@Root() { untilNumber }: ConversionState, @Ctx() { loaders }: Context): Promise<Build | null> {
    return buildByNumber(loaders, untilNumber);
  }
}
