import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';

/** An AdSuite table that is mirrored in the warehouse. */
export interface MirroredTableRow {
  readonly view_name: string;
  /** Start of its last finished refresh: later changes in AdSuite are not included. */
  readonly refreshed_at: string;
}

/**
 * How fresh the mirror is now; this may be newer than the last build. `adsuite_mirror.refreshes` has one row per
 * finished refresh: a table on PostgreSQL, a view of Redshift's own refresh history on Redshift.
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
