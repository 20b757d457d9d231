import { join } from 'node:path';
import type { WarehouseConfig, WarehouseLimits } from '../config/index.ts';
import { openWarehouse, type Warehouse, type WarehouseOptions } from '../db/warehouse/connect.ts';
import { openEmbeddedWarehouse } from '../embedded/index.ts';
import { StartError } from './listen.ts';
import type { Start } from './start.ts';
import { reportWarehouse } from './warehouse-report.ts';

/** The embedded warehouse answers as many side by side with profit; the rest is as for any other by default. */
const embeddedLimits: WarehouseLimits = { connections: 4, waitSeconds: 10, statementSeconds: 60 };

/** Opens the warehouse of the configuration, embedded or another's, and tells what it found. */
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
  return open({ dialect: 'pglite', host, port, database, login, tls: null }, embeddedLimits, start);
}

function open(target: WarehouseOptions['target'], limits: WarehouseLimits, { logger, closing }: Start): Warehouse {
  try {
    const warehouse = openWarehouse({
      target,
      maxConnections: limits.connections,
      waitMilliseconds: limits.waitSeconds * 1000,
      statementMilliseconds: limits.statementSeconds * 1000,
      onConnectionLost: (error) => logger.warn({ err: error }, 'a connection to the warehouse was lost'),
      onFault: (query, fault, error) =>
        logger.error({ query, fault: fault.kind, explanation: fault.explanation, err: error }, 'a query failed'),
    });
    closing.add(() => warehouse.close());
    return warehouse;
  } catch (error) {
    // The one thing that is read before the first query.
    throw new StartError(`WAREHOUSE_CA can't be read: ${error instanceof Error ? error.message : error}`);
  }
}
