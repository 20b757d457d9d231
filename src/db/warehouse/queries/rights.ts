import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';
import { attributionSchema } from '../tables.ts';

/** Whether the service's user could make tables where it only has to read, or write to one that stands. */
export async function mayWrite(warehouse: Warehouse, isBuilt: boolean): Promise<boolean> {
  const table = `${attributionSchema}.goal_complete_events_attributed`;
  const rights = [sql`has_schema_privilege(${attributionSchema}, 'create')`];
  if (isBuilt) {
    for (const right of ['insert', 'update', 'delete']) rights.push(sql`has_table_privilege(${table}, ${right})`);
  }
  const query = sql<{ may_write: boolean }>`select (${sql.join(rights, sql` or `)}) as may_write`;
  const [row] = await warehouse.rows('service.rights', query);
  return row?.may_write === true;
}
