import { Ctx, Query, Resolver } from 'type-graphql';
import type { Context } from '../context.ts';
import { freshness } from '../freshness.ts';
import { DataStatus } from '../schema/data-status.ts';

@Resolver()
export class DataStatusResolver {
  @Query(() => DataStatus, { description: 'What the data is as of, and whether it is too old.' })
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
      ...freshness(sources, now(), staleAfterMinutes),
    };
  }
}
