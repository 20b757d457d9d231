import { Ctx, FieldResolver, Query, Resolver } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import type { Context } from '../context.ts';
import type { BuildRow } from '../db/warehouse/queries/builds.ts';
import { freshness } from '../domain/freshness.ts';
import { instantOrNull } from '../domain/instant.ts';
import { DataStatus, MirroredTable } from '../schema/data-status.ts';

/** The times of a build. One that RFC 3339 can't express counts as unknown. */
const buildTimes = (build: BuildRow) => ({
  asOf: instantOrNull(build.as_of),
  builtAt: instantOrNull(build.finished_at),
  mirrorRefreshedAt: instantOrNull(build.mirror_refreshed_at),
  eventsLoadedThrough: instantOrNull(build.events_loaded_through),
  clicksLoadedThrough: instantOrNull(build.clicks_loaded_through),
});

const noTimes = {
  asOf: null,
  builtAt: null,
  mirrorRefreshedAt: null,
  eventsLoadedThrough: null,
  clicksLoadedThrough: null,
};

@Resolver(() => DataStatus)
export class DataStatusResolver {
  @RequiresRole('viewer')
  @Query(() => DataStatus, { description: 'Version and freshness of the data.' })
  async dataStatus(@Ctx() { loaders, now, staleAfterMinutes }: Context): Promise<DataStatus> {
    const build = await loaders.build();
    const times = build && buildTimes(build);
    return {
      build: build?.build_id ?? null,
      ...(times ?? noTimes),
      staleAfterMinutes,
      ...freshness(times, now(), staleAfterMinutes),
    };
  }

  @FieldResolver(() => [MirroredTable], { nullable: true })
  async mirror(@Ctx() { loaders }: Context): Promise<MirroredTable[]> {
    const refreshes = new Map((await loaders.mirror()).map((row) => [row.view_name, instantOrNull(row.refreshed_at)]));
    return ['strategies', 'iterations'].map((table) => ({ table, refreshedAt: refreshes.get(table) ?? null }));
  }
}
