import { type Compilable, Kysely, PostgresDialect, type RawBuilder } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import pg from 'pg';
import { attributionSchema, type WarehouseTables } from './tables.ts';
import { columnTypes } from './types.ts';

/** One statement as it was sent, for logs, metrics and tests. */
export interface Statement {
  /** The query's stable name, e.g. `strategies.page`. */
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The read side: named, read-only queries on schema `attribution`. */
export interface Warehouse {
  /** Builds queries; its types have no insert, update or delete. */
  readonly db: ReadonlyKysely<WarehouseTables>;
  /** Runs a query under its stable name. */
  rows<Row>(name: string, query: Compilable<Row> | RawBuilder<Row>): Promise<Row[]>;
  close(): Promise<void>;
}

export interface WarehouseOptions {
  readonly connection: { host: string; port: number; user: string; database: string; password?: string };
  /** How many connections at most. */
  readonly maxConnections: number;
  /** Told of each statement before it is sent. */
  readonly onStatement?: (statement: Statement) => void;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  readonly onConnectionLost: (error: Error) => void;
}

/** Opens the warehouse's pool; connections are made when first needed. */
export function openWarehouse(options: WarehouseOptions): Warehouse {
  const pool = new pg.Pool({
    ...options.connection,
    max: options.maxConnections,
    // pg waits for ever by default.
    connectionTimeoutMillis: 10_000,
    types: columnTypes,
    application_name: 'attribution-api',
  });
  pool.on('error', options.onConnectionLost);
  const kysely = new Kysely<WarehouseTables>({ dialect: new PostgresDialect({ pool }) }).withSchema(attributionSchema);
  return {
    // The library's own way to its read-only type: the same object seen through fewer methods.
    db: kysely as never,
    rows: async (name, query) => {
      const compiled = query.compile(kysely);
      options.onStatement?.({ name, sql: compiled.sql, parameters: compiled.parameters });
      return (await kysely.executeQuery(compiled)).rows;
    },
    close: () => kysely.destroy(),
  };
}
