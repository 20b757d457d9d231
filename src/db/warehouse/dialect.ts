import {
  type Dialect,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type TableNode,
} from 'kysely';
import { attributionSchema, publishedName, type WarehouseTables } from './tables.ts';

/**
 * Turns off what Kysely expects of PostgreSQL and Redshift lacks: RETURNING and advisory locks. Source: the lists of
 * unsupported features and functions in Redshift's guide.
 */
export class RedshiftAdapter extends PostgresAdapter {
  override get supportsReturning(): boolean {
    return false;
  }

  /** Kysely locks migrations with an advisory lock. Liquibase and dbt change Redshift's schemas. */
  override async acquireMigrationLock(): Promise<void> {
    throw new Error('Redshift has no advisory locks; its schemas are changed by Liquibase and dbt');
  }

  override async releaseMigrationLock(): Promise<void> {}
}

/**
 * Compiles statements on the tables that a build published: a query names `strategies`, its SQL reads `strategies__7`.
 */
export class PublishedTablesCompiler extends PostgresQueryCompiler {
  readonly #number: string;

  /** @param number `tables_build_number` of the build. */
  constructor(number: string) {
    super();
    this.#number = number;
  }

  protected override visitTable(node: TableNode): void {
    const { schema, identifier } = node.table;
    const isOurs = schema?.name === attributionSchema;
    const name = isOurs ? publishedName(identifier.name, this.#number) : identifier.name;
    super.visitTable({ ...node, table: { ...node.table, identifier: { ...identifier, name } } });
  }
}

/**
 * Kysely as a statement compiler; connect.ts sends the statements. The dummy driver also guarantees that no transaction
 * or savepoint is started: Redshift has no savepoints, and reads need no transaction.
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
