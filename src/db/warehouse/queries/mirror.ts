import { sql } from 'kysely';
import { textKey } from '../../../domain/ids.ts';
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
  const rows = await warehouse.rows('mirror.refreshes', query);
  // On Redshift the names come from a system view, whose columns are padded with blanks.
  return rows.map(({ view_name: name, refreshed_at: at }) => ({ view_name: textKey(name), refreshed_at: at }));
}
