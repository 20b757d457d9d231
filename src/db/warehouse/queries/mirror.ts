import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';

/** A table of AdSuite's that is mirrored in the warehouse. */
export interface MirroredTableRow {
  readonly view_name: string;
  /** When its last finished refresh began: what AdSuite changed after that is not in it. */
  readonly refreshed_at: string;
}

/**
 * How fresh the mirror is now, which may be fresher than the last build. `adsuite_mirror.refreshes` has one row per
 * finished refresh: on PostgreSQL a table, on Redshift a view of its own history of refreshes.
 */
export async function mirrorRefreshes(warehouse: Warehouse): Promise<MirroredTableRow[]> {
  const query = sql<MirroredTableRow>`
    select view_name, max(started_at) as refreshed_at
    from adsuite_mirror.refreshes
    where view_name in ('strategies', 'iterations')
    group by view_name
    order by view_name`;
  return warehouse.rows('mirror.refreshes', query);
}
