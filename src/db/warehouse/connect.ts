import type { Compilable, RawBuilder } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import type pg from 'pg';
import { DeadlineExceeded, WarehouseUnavailable } from '../../errors.ts';
import { statementBuilder } from './dialect.ts';
import { type Fault, faultOf, titleOf } from './faults.ts';
import { type QueryName, querySeconds } from './limits.ts';
import { type PoolOptions, WarehousePool } from './pool.ts';
import { limitStatements } from './session.ts';
import type { WarehouseTables } from './tables.ts';

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
  explain(error: unknown): Fault;
  close(): Promise<void>;
}

export interface WarehouseOptions extends PoolOptions {
  /** No statement may take longer, whatever its own time-out is. */
  readonly statementMilliseconds: number;
  /** Told of each statement before it is sent. */
  readonly onStatement?: (statement: Statement) => void;
  /** Told of each query that failed, and why. */
  readonly onFault?: (name: QueryName, fault: Fault, error: unknown) => void;
}

/** How long the server has, beyond its own time-out, to say so before the service ends the statement from outside. */
const graceMilliseconds = 2_000;

/** Opens the warehouse; connections are made when first needed. Throws where WAREHOUSE_CA can't be read. */
export function openWarehouse(options: WarehouseOptions): Warehouse {
  const { target } = options;
  const pool = new WarehousePool(options);
  const kysely = statementBuilder();

  const attempt = async <Row>(name: QueryName, sql: string, parameters: readonly unknown[]): Promise<Row[]> => {
    const limit = Math.min(querySeconds[name] * 1000, options.statementMilliseconds);
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await limitStatements(client, target.dialect, limit);
      options.onStatement?.({ name, sql, parameters });
      return (await withinTime(pool, client, sql, parameters, limit)) as Row[];
    } catch (error) {
      if (error instanceof NoAnswer || faultOf(error, target).kind === 'lost') broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
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
          const { kind } = faultOf(error, target);
          if (kind !== 'lost' && kind !== 'moved') throw error;
          return attempt<Row>(name, sql, parameters);
        });
      } catch (error) {
        const fault = error instanceof NoAnswer ? noAnswerFault : faultOf(error, target);
        options.onFault?.(name, fault, error);
        throw toDomain(name, fault, error);
      }
    },
    title: titleOf(target),
    explain: (error) => faultOf(error instanceof Error && error.cause ? error.cause : error, target),
    close: () => pool.close(),
  };
}

/** The server did not even say that the statement took too long. */
class NoAnswer extends Error {}

const noAnswerFault: Fault = {
  kind: 'timeout',
  explanation: 'The warehouse did not answer in time; the statement was ended from outside.',
};

/** Sends a statement; where no answer comes in time, ends it from outside and gives the connection up. */
async function withinTime(
  pool: WarehousePool,
  client: pg.PoolClient,
  sql: string,
  parameters: readonly unknown[],
  limit: number,
): Promise<unknown[]> {
  let timer: NodeJS.Timeout | undefined;
  const answer = client.query(sql, [...parameters]);
  const noAnswer = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new NoAnswer());
      // Best effort: if it can't be reached, the server's own time-out is left.
      pool.cancel(client).catch(() => {});
    }, limit + graceMilliseconds);
  });
  // Whoever loses the race may still fail later.
  answer.catch(() => {});
  try {
    return (await Promise.race([answer, noAnswer])).rows;
  } finally {
    clearTimeout(timer);
  }
}

function toDomain(name: QueryName, { kind, explanation }: Fault, error: unknown): unknown {
  if (kind === 'timeout') return new DeadlineExceeded(name, { cause: error });
  if (kind === 'unbuilt') return new WarehouseUnavailable('unbuilt', { cause: error });
  if (kind === 'unreachable' || kind === 'lost' || kind === 'moved' || kind === 'refused') {
    return new WarehouseUnavailable('unreachable', { cause: error });
  }
  return error instanceof Error ? error : new Error(explanation);
}
