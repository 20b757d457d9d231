import type { Compilable, RawBuilder } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import type pg from 'pg';
import { DeadlineExceeded, WarehouseUnavailable } from '../../errors.ts';
import type { StoreFault } from '../store-faults.ts';
import { settlesWithin } from '../timeout.ts';
import { statementBuilder } from './dialect.ts';
import { type PoolOptions, WarehousePool } from './pool.ts';
import { type QueryName, querySeconds } from './query-timeouts.ts';
import type { WarehouseTables } from './tables.ts';
import { CancelTimeout, describeTarget, warehouseFault } from './warehouse-faults.ts';

/** One statement as it was sent, for logs, metrics and tests. */
export interface Statement {
  readonly name: QueryName;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The read side: named, read-only queries on schema `attribution`. */
export interface Warehouse {
  /** Builds queries; its types have no insert, update or delete. */
  readonly db: ReadonlyKysely<WarehouseTables>;
  /**
   * Runs a query under its stable name, within its time-out.
   *
   * @throws {DeadlineExceeded} where it took longer; it is ended in the warehouse too.
   * @throws {WarehouseUnavailable} without a connection, or where nothing is built yet.
   */
  rows<Row>(name: QueryName, query: Compilable<Row> | RawBuilder<Row>): Promise<Row[]>;
  /** For a person: what it is, where it is, and as whom it is asked. */
  readonly title: string;
  /** What an error of this warehouse means. */
  explain(error: unknown): StoreFault;
  /** Ends what still runs, in the warehouse too, and closes the connections. */
  close(): Promise<void>;
}

export interface WarehouseOptions extends PoolOptions {
  /** Time-outs of queries, in seconds, in place of their own. */
  readonly querySeconds?: Partial<Record<QueryName, number>>;
  /** Told of each statement before it is sent. */
  readonly onStatement?: (statement: Statement) => void;
  /** Told of each query that failed, and why. */
  readonly onFault?: (name: QueryName, fault: StoreFault, error: unknown) => void;
}

/** How long a server has to end a statement that it was told to end. */
const graceMilliseconds = 2_000;

/** Opens the warehouse; connections are made when first needed. Throws where WAREHOUSE_CA can't be read. */
export function openWarehouse(options: WarehouseOptions): Warehouse {
  const { target } = options;
  const pool = new WarehousePool(options);
  const kysely = statementBuilder();
  const busy = new Set<pg.PoolClient>();

  const attempt = async <Row>(name: QueryName, sql: string, parameters: readonly unknown[]): Promise<Row[]> => {
    const client = await pool.connect();
    let isGood = false;
    busy.add(client);
    try {
      options.onStatement?.({ name, sql, parameters });
      const limit = 1000 * (options.querySeconds?.[name] ?? querySeconds[name]);
      const rows = await withinTime(pool, client, sql, parameters, limit);
      isGood = true;
      return rows as Row[];
    } catch (error) {
      isGood = !(error instanceof CancelTimeout) && warehouseFault(error, target).kind !== 'lost';
      throw error;
    } finally {
      busy.delete(client);
      client.release(!isGood);
    }
  };

  return {
    // The library's own way to its read-only type: the same object seen through fewer methods.
    db: kysely as never,
    rows: async <Row>(name: QueryName, query: Compilable<Row> | RawBuilder<Row>) => {
      const { sql, parameters } = query.compile(kysely);
      try {
        return await attempt<Row>(name, sql, parameters).catch((error) => {
          // Reading twice is reading: a connection that had died in the pool, or a table that was replaced meanwhile,
          // is no reason to fail.
          const { kind } = warehouseFault(error, target);
          if (kind !== 'lost' && kind !== 'moved') throw error;
          return attempt<Row>(name, sql, parameters);
        });
      } catch (error) {
        const fault = warehouseFault(error, target);
        options.onFault?.(name, fault, error);
        throw toDomain(name, fault, error);
      }
    },
    title: describeTarget(target),
    explain: (error) => warehouseFault(error instanceof Error && error.cause ? error.cause : error, target),
    close: async () => {
      // Nobody waits for them any more, and a statement may take longer than whoever stops the service is patient.
      await Promise.allSettled([...busy].map((client) => pool.end('statement', client)));
      await pool.close();
    },
  };
}

/**
 * Sends a statement. Once its time is over, the server is told to end it; where that does not help, the session is
 * ended. The connection is the caller's own until both have come back, so that no other query can be hit.
 *
 * A time-out of each statement's own, set in the session, would cost a round trip before most statements.
 */
async function withinTime(
  pool: WarehousePool,
  client: pg.PoolClient,
  sql: string,
  parameters: readonly unknown[],
  milliseconds: number,
): Promise<unknown[]> {
  const answer = client.query(sql, [...parameters]);
  if (!(await settlesWithin(answer, milliseconds))) {
    const told = pool.end('statement', client);
    if (!(await settlesWithin(Promise.allSettled([told, answer]), graceMilliseconds))) {
      // Best effort: if it can't be reached, the session's own limit is left.
      pool.end('session', client).catch(() => {});
      throw new CancelTimeout();
    }
  }
  return (await answer).rows;
}

function toDomain(name: QueryName, { kind, explanation }: StoreFault, error: unknown): unknown {
  if (kind === 'timeout') return new DeadlineExceeded(name, { cause: error });
  if (kind === 'unbuilt') return new WarehouseUnavailable('unbuilt', { cause: error });
  if (kind === 'unreachable' || kind === 'lost' || kind === 'moved' || kind === 'refused') {
    return new WarehouseUnavailable('unreachable', { cause: error });
  }
  return error instanceof Error ? error : new Error(explanation);
}
