import { Ctx, FieldResolver, Query, Resolver } from 'type-graphql';
import type { Context } from '../context.ts';
import { freshness } from '../domain/freshness.ts';
import { DataStatus, MirroredTable } from '../schema/data-status.ts';

@Resolver(() => DataStatus)
export class DataStatusResolver {
  @Query(() => DataStatus, { description: 'Version and freshness of the data.' })
  async dataStatus(@Ctx() { loaders, now, staleAfterMinutes }: Context): Promise<DataStatus> {
    const build = await loaders.build();
    const sources = build && {
      asOf: build.as_of,
      mirrorRefreshedAt: build.mirror_refreshed_at,
      eventsLoadedThrough: build.events_loaded_through,
      clicksLoadedThrough: build.clicks_loaded_through,
    };
    return {
      build: build?.build_id ?? null,
      asOf: build?.as_of ?? null,
      builtAt: build?.finished_at ?? null,
      mirrorRefreshedAt: build?.mirror_refreshed_at ?? null,
      eventsLoadedThrough: build?.events_loaded_through ?? null,
      clicksLoadedThrough: build?.clicks_loaded_through ?? null,
      staleAfterMinutes,
      ...freshness(sources, now(), staleAfterMinutes),
    };
  }

  @FieldResolver(() => [MirroredTable], { nullable: true })
  async mirror(@Ctx() { loaders }: Context): Promise<MirroredTable[]> {
    const refreshes = new Map((await loaders.mirror()).map((row) => [row.view_name, row.refreshed_at]));
    return ['strategies', 'iterations'].map((table) => ({ table, refreshedAt: refreshes.get(table) ?? null }));
  }
}
