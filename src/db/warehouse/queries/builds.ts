import type { Selectable } from 'kysely';
import { WarehouseUnavailable } from '../../../errors.ts';
import type { Warehouse } from '../connect.ts';
import type { AttributionBuildsTable } from '../tables.ts';

export type BuildRow = Selectable<AttributionBuildsTable>;

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
