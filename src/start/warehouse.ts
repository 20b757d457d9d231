import { join } from 'node:path';
import type { WarehouseConfig } from '../config/warehouse.ts';
import type { Warehouse } from '../db/warehouse/connect.ts';
import type { WarehouseTarget } from '../db/warehouse/pool.ts';
import { openEmbeddedWarehouse } from '../embedded/index.ts';
import { openLoggedWarehouse, sharesOfWarehouse } from './open-warehouse.ts';
import type { Start } from './start.ts';
import { reportWarehouse } from './warehouse-report.ts';

export interface StartedWarehouse {
  readonly warehouse: Warehouse;
  readonly target: WarehouseTarget;
}

/** Opens the configured warehouse for reads, and prints what it found. */
export async function startWarehouse(config: WarehouseConfig, start: Start): Promise<StartedWarehouse> {
  const limits = sharesOfWarehouse(config.limits).reads;
  if (config.kind === 'server') {
    const target = { ...config.address };
    const warehouse = openLoggedWarehouse(target, limits, start);
    await reportWarehouse(warehouse, start.say);
    return { warehouse, target };
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
  const target = { dialect: 'pglite', host, port, database, login, tls: null } as const;
  return { warehouse: openLoggedWarehouse(target, limits, start), target };
}
