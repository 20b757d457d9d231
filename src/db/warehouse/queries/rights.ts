import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';
import { attributionSchema } from '../tables.ts';

/**
 * Whether the service's user may create tables in schema attribution or write to a table that the service reads.
 *
 * @param existing the names of those tables that exist: privileges on a missing table can't be queried.
 */
export async function mayWrite(warehouse: Warehouse, existing: readonly string[]): Promise<boolean> {
  // All values are constants, so the statement has one shape.
  const rights = [sql`has_schema_privilege(${sql.lit(attributionSchema)}, 'create')`];
  for (const table of existing) {
    for (const right of ['insert', 'update', 'delete']) {
      rights.push(sql`has_table_privilege(${sql.lit(`${attributionSchema}.${table}`)}, ${sql.lit(right)})`);
    }
  }
  const query = sql<{ may_write: boolean }>`select (${sql.join(rights, sql` or `)}) as may_write`;
  const [row] = await warehouse.rows('service.rights', query);
  return row?.may_write === true;
}
