import { Ctx, FieldResolver, Query, Resolver } from 'type-graphql';
import { RequiresRole } from '../auth/access-rules.ts';
import type { Context } from '../context.ts';
import { buildTimes } from '../db/warehouse/queries/builds.ts';
import { freshness } from '../domain/freshness.ts';
import { instantOrNull } from '../domain/instant.ts';
import { Volatile } from '../http/volatile.ts';
import { DataStatus, MirroredTable } from '../schema/data-status.ts';

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

  @Volatile()
  @FieldResolver(() => [MirroredTable], { nullable: true })
  async mirror(@Ctx() { loaders }: Context): Promise<MirroredTable[]> {
    const refreshes = new Map((await loaders.mirror()).map((row) => [row.view_name, instantOrNull(row.refreshed_at)]));
    return ['strategies', 'iterations'].map((table) => ({ table, refreshedAt: refreshes.get(table) ?? null }));
  }
}
