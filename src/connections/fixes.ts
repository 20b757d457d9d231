import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { fixList, fixSorting } from '../db/warehouse/queries/fixes.ts';
import { toOrder } from '../schema/order.ts';
import type { Connection } from '../schema/page.ts';
import { defaultFixOrder, toFix, type UnattributedByArgs, type UnattributedFix } from '../schema/unattributed-fix.ts';
import { warehouseConnection } from './paged-connection.ts';

/** The work list: what to fix, and what waits for it. */
export function allFixes(
  { ofThisRelease }: WarehouseLoaders,
  { fixes, orderBy, ...page }: UnattributedByArgs,
): Connection<UnattributedFix> {
  const order = toOrder(orderBy, defaultFixOrder, 'DESC');
  return warehouseConnection(ofThisRelease, fixList(ofThisRelease, fixes ?? null, order), {
    scope: ['unattributedBy', { fixes }, order],
    page,
    position: (row) => fixSorting.position(row, order),
    node: toFix,
  });
}
