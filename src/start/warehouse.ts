import { join } from 'node:path';
import type { WarehouseConfig, WarehouseLimits } from '../config/warehouse.ts';
import { openWarehouse, type Warehouse, type WarehouseOptions } from '../db/warehouse/connect.ts';
import { openEmbeddedWarehouse } from '../embedded/index.ts';
import { StartError } from './listen.ts';
import type { Start } from './start.ts';
import { reportWarehouse } from './warehouse-report.ts';

/** Opens the configured warehouse and prints what it found. */
export async function startWarehouse(config: WarehouseConfig, start: Start): Promise<Warehouse> {
  if (config.kind === 'server') {
    const warehouse = open({ ...config.address }, config.limits, start);
    await reportWarehouse(warehouse, start.say);
    return warehouse;
  }
  const embedded = await openEmbeddedWarehouse({
    dataDir: config.dataDir,
    csvFolder: config.csvFolder,
    dbtFolder: join(start.root, 'warehouse/dbt'),
    now: () => new Date(),
    report: start.say,
    onFailure: start.onFailure,
  });
  start.closing.add(() => embedded.close());
  const { host, port, database, user } = embedded.connection;
  const login = { kind: 'password', user, password: '' } as const;
  return open({ dialect: 'pglite', host, port, database, login, tls: null }, config.limits, start);
}

/** The limits of the connections that the configuration sets. */
export function poolLimits({ connections, waitSeconds, statementSeconds }: Omit<WarehouseLimits, 'snapshotMegabytes'>) {
  return {
    maxConnections: connections,
    waitMilliseconds: waitSeconds * 1000,
    statementMilliseconds: statementSeconds * 1000,
  };
}

function open(
  target: WarehouseOptions['target'],
  limits: WarehouseLimits,
  { logger, closing, telemetry }: Start,
): Warehouse {
  try {
    const warehouse = openWarehouse({
      target,
      ...poolLimits(limits),
      onQueryEnd: telemetry.queryEnded.warehouse,
      onConnectionLost: (error) => logger.warn({ err: error }, 'a connection to the warehouse was lost'),
      onFault: (query, fault, error) =>
        logger.error({ query, fault: fault.kind, explanation: fault.explanation, err: error }, 'a query failed'),
    });
    closing.add(() => warehouse.close());
    return warehouse;
  } catch (error) {
    // The only thing that is read before the first query.
    throw new StartError(`WAREHOUSE_CA can't be read: ${error instanceof Error ? error.message : error}`);
  }
}
