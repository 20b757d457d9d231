import { type Selectable, sql } from 'kysely';
import { instantOrNull } from '../../../domain/instant.ts';
import { WarehouseUnavailable } from '../../../errors.ts';
import type { BuildReader, JoiningReader, Warehouse } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { isIn } from '../sql.ts';
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

/** Whether the dbt models of this release made a build. Those of earlier releases lack tables and columns. */
export const isOfThisRelease = (build: BuildRow): boolean => (build.rule_version ?? null) !== null;

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
export function readBuild(warehouse: Warehouse, build: () => Promise<BuildRow | null>): JoiningReader {
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

/**
 * The number of the oldest build whose state the history had when this build finished; null if it had none. The column does not
 * exist if no build of this release has run.
 */
export const historySince = (build: BuildRow): string | null => build.history_since_build_number ?? null;

/** The builds with these ids, and the newest one, which decides what the history still has. Unordered. */
export function buildsByIds(warehouse: BuildReader, ids: readonly string[]): Promise<BuildRow[]> {
  const newest = warehouse.db.selectFrom('attribution_builds').select(sql<string>`max(build_number)`.as('newest'));
  const query = warehouse.db
    .selectFrom('attribution_builds')
    .selectAll()
    .where((where) => where.or([isIn(sql.ref('build_id'), ids), where('build_number', '=', newest)]));
  return warehouse.rows('builds.byId', query);
}

/** The builds with these numbers, unordered. */
export function buildsByNumbers(warehouse: BuildReader, numbers: readonly string[]): Promise<BuildRow[]> {
  const query = warehouse.db
    .selectFrom('attribution_builds')
    .selectAll()
    .where(isIn(sql.ref('build_number'), numbers));
  return warehouse.rows('builds.byNumber', query);
}

/**
 * The builds, newest first.
 *
 * @param through number of the build that is served: later ones are left out.
 */
export function buildList(warehouse: BuildReader, through: string): ListQuery<'attribution_builds', BuildRow> {
  return {
    name: 'builds.page',
    select: () => warehouse.db.selectFrom('attribution_builds').selectAll().where('build_number', '<=', through),
    sort: [{ expression: sql.ref('build_number'), direction: 'DESC', nullable: false }],
  };
}
