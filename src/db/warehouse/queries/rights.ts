import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';
import { attributionSchema } from '../tables.ts';

/** Whether the service's user could write what it only has to read. */
export async function mayWrite(warehouse: Warehouse): Promise<boolean> {
  const table = `${attributionSchema}.goal_complete_events_attributed`;
  const query = sql<{ may_write: boolean }>`
    select has_table_privilege(${table}, 'insert') or has_table_privilege(${table}, 'delete') as may_write`;
  const [row] = await warehouse.rows('service.rights', query);
  return row?.may_write === true;
}
