import type { Selectable } from 'kysely';
import type { Warehouse } from '../connect.ts';
import type { AttributionBuildsTable } from '../tables.ts';

export type BuildRow = Selectable<AttributionBuildsTable>;

/** The last finished build, which is the data's version; null before the first. */
export async function latestBuild(warehouse: Warehouse): Promise<BuildRow | null> {
  const query = warehouse.db.selectFrom('attribution_builds').selectAll().orderBy('build_number', 'desc').limit(1);
  const [row] = await warehouse.rows('builds.latest', query);
  return row ?? null;
}
