import { sql } from 'kysely';
import type { Warehouse } from '../connect.ts';
import { attributionSchema, type WarehouseTables } from '../tables.ts';

export type TableName = keyof WarehouseTables;

const tables: Readonly<Record<TableName, true>> = {
  strategies: true,
  iterations_with_end_time: true,
  goal_complete_events_attributed: true,
  iteration_metrics_daily: true,
  iteration_clicks_daily: true,
  attribution_builds: true,
  data_quality_findings: true,
};

/** All tables that the service reads. */
export const servedTables = Object.keys(tables) as readonly TableName[];

/**
 * Whether the service's user may create tables in schema attribution or write to a table that the service reads.
 *
 * @param existing the tables that exist: privileges on a missing table can't be queried.
 */
export async function mayWrite(warehouse: Warehouse, existing: readonly TableName[]): Promise<boolean> {
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
