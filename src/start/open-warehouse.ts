import type { WarehouseLimits } from '../config/warehouse.ts';
import { openWarehouse, type Warehouse, type WarehouseOptions } from '../db/warehouse/connect.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Closing } from './closing.ts';
import { StartError } from './listen.ts';
import type { Log } from './start.ts';

/** Limits of the connections of one thread. */
export type ConnectionLimits = Omit<WarehouseLimits, 'snapshotMegabytes'>;

/**
 * Splits the connections: a quarter plans pushes, the rest answers reads. Each gets one at least, so they are two if the limit is
 * one.
 */
export function sharesOfWarehouse(limits: ConnectionLimits): Readonly<Record<'reads' | 'pushes', ConnectionLimits>> {
  const pushes = Math.max(1, Math.floor(limits.connections / 4));
  const reads = Math.max(1, limits.connections - pushes);
  return { reads: { ...limits, connections: reads }, pushes: { ...limits, connections: pushes } };
}

/** The limits of the connections that the configuration sets. */
export function poolLimits({ connections, waitSeconds, statementSeconds }: ConnectionLimits) {
  return {
    maxConnections: connections,
    waitMilliseconds: waitSeconds * 1000,
    statementMilliseconds: statementSeconds * 1000,
  };
}

export interface OpeningWarehouse {
  readonly logger: Log;
  readonly closing: Closing;
  readonly telemetry: Pick<Telemetry, 'queryEnded'>;
}

/**
 * Opens a warehouse whose failures are logged.
 *
 * @throws {StartError} if the file of certificates can't be read.
 */
export function openLoggedWarehouse(
  target: WarehouseOptions['target'],
  limits: ConnectionLimits,
  { logger, closing, telemetry }: OpeningWarehouse,
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
