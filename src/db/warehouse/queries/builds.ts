import type { Selectable } from 'kysely';
import { instantOrNull } from '../../../domain/instant.ts';
import { WarehouseUnavailable } from '../../../errors.ts';
import type { BuildReader, Warehouse } from '../connect.ts';
import type { AttributionBuildsTable } from '../tables.ts';

export type BuildRow = Selectable<AttributionBuildsTable>;

/** The times of a build. One that RFC 3339 can't express counts as unknown. */
export const buildTimes = (build: BuildRow) => ({
  asOf: instantOrNull(build.as_of),
  builtAt: instantOrNull(build.finished_at),
  mirrorRefreshedAt: instantOrNull(build.mirror_refreshed_at),
  eventsLoadedThrough: instantOrNull(build.events_loaded_through),
  clicksLoadedThrough: instantOrNull(build.clicks_loaded_through),
});

/**
 * The number in the names of a build's tables; null if it has the ordinary tables. The column does not exist if no build of
 * this release has run.
 */
export const tablesOf = (build: BuildRow): string | null => build.tables_build_number ?? null;

/**
 * Reads the tables of a build.
 *
 * @param build called before each query. If it returns null, there is no build, and queries fail: tables without a build are
 *   not finished or not tested.
 */
export function readBuild(warehouse: Warehouse, build: () => Promise<BuildRow | null>): BuildReader {
  return warehouse.ofBuild(async () => {
    const picked = await build();
    if (picked === null) throw new WarehouseUnavailable('unbuilt');
    return tablesOf(picked);
  });
}

/** The newest finished build, which is the version of the data; null before the first, when its table may not exist. */
export async function newestBuild(warehouse: Warehouse): Promise<BuildRow | null> {
  const query = warehouse.db.selectFrom('attribution_builds').selectAll().orderBy('build_number', 'desc').limit(1);
  try {
    const [row] = await warehouse.rows('builds.latest', query);
    return row ?? null;
  } catch (error) {
    if (error instanceof WarehouseUnavailable && error.isUnbuilt) return null;
    throw error;
  }
}
