import { withClient } from '../../local/postgres/server.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { openWarehouse, type Warehouse } from '../../src/db/warehouse/connect.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { openRawTables, runDbt } from '../dbt.ts';

/** A warehouse with iterations that have clicks and conversions. */
export interface BenchWarehouse {
  readonly iterations: number;
  readonly target: WarehouseTarget;
  /** Creates the next build, in which every iteration has one more click. */
  rebuild(): Promise<void>;
}

/**
 * Builds the dbt models from empty raw tables, and fills the models: two days of clicks per iteration, and conversions of
 * one goal on each day.
 */
export async function createWarehouse(server: PostgresServer, iterations: number): Promise<BenchWarehouse> {
  const connection = await server.createDatabase(`warehouse_${crypto.randomUUID()}`);
  const client = await openRawTables(connection);
  await runDbt(client);
  await client.query(`
    insert into attribution.iterations_with_end_time (iteration_id, strategy_id, sequence, created_at)
      select n, 1 + n / 12, 1 + n % 12, timestamptz '2026-01-01T00:00:00Z' + n % 12 * interval '5 days'
      from generate_series(1, ${iterations}) n;
    insert into attribution.iteration_clicks_daily (iteration_id, strategy_id, click_day, clicks)
      select n, 1 + n / 12, date '2026-02-01' + day, 20 + n % 1000
      from generate_series(1, ${iterations}) n, generate_series(0, 1) day order by day, n;
    insert into attribution.iteration_metrics_daily (
        iteration_id, strategy_id, goal_reference_id, conversion_day, conversions, payout, first_converted_at, last_converted_at
      )
      select n, 1 + n / 12, 'goal-' || day, date '2026-02-01' + day, 1 + n % 20, 1.25 * (1 + n % 20),
        timestamptz '2026-02-01T01:02:03.456789Z' + day * interval '1 day',
        timestamptz '2026-02-01T21:02:03.456789Z' + day * interval '1 day'
      from generate_series(1, ${iterations}) n, generate_series(0, 1) day order by day, n;
    update attribution.attribution_builds set (conversions, attributed) = (
      select sum(conversions), sum(conversions) from attribution.iteration_metrics_daily
    );
    analyze`);
  await client.end();
  const { host, port, user, password, database } = connection;
  const login = { kind: 'password', user, password } as const;
  return {
    iterations,
    target: { dialect: 'postgres', host, port, database, login, tls: null },
    rebuild: () =>
      withClient(connection, async (client) => {
        await client.query(`
          update attribution.iteration_clicks_daily set clicks = clicks + 1 where click_day = '2026-02-01';
          update attribution.attribution_builds set build_id = build_id || '+', build_number = build_number + 1;
          update attribution.data_quality_findings set build_id = build_id || '+'`);
        await client.query('vacuum analyze attribution.iteration_clicks_daily__1');
      }),
  };
}

/** Opens the warehouse for reading, like the service does. */
export function openBenchWarehouse(target: WarehouseTarget): Warehouse {
  return openWarehouse({
    target,
    maxConnections: 4,
    waitMilliseconds: 10_000,
    statementMilliseconds: 120_000,
    onConnectionLost: () => {},
  });
}
