import {
  type Dialect,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { attributionSchema, type WarehouseTables } from './tables.ts';

/**
 * What Redshift lacks of what Kysely takes for granted in a PostgreSQL: RETURNING, advisory locks and savepoints (for
 * the last, `noSavepoints`). Sources: the guide's lists of unsupported features and functions.
 */
export class RedshiftAdapter extends PostgresAdapter {
  override get supportsReturning(): boolean {
    return false;
  }

  /** Kysely's lock for migrations is an advisory lock. What stands in Redshift is Liquibase's and dbt's to change. */
  override async acquireMigrationLock(): Promise<void> {
    throw new Error('Redshift has no advisory locks; its schemas are changed by Liquibase and dbt');
  }

  override async releaseMigrationLock(): Promise<void> {}
}

/**
 * Kysely as a compiler: it builds the statements, and connect.ts sends them. A driver that can't connect also can't
 * begin a transaction or set a savepoint, which Redshift has not and a reader does not need.
 */
export function statementBuilder(): Kysely<WarehouseTables> {
  const dialect: Dialect = {
    createAdapter: () => new RedshiftAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<WarehouseTables>({ dialect }).withSchema(attributionSchema);
}
