import { quotedName } from '../quoting.ts';
import { type ColumnType, columnsOf, type DbtClient } from './catalog.ts';
import type { DbtContract } from './project-types.ts';

/** A table to create for a model with a contract. */
export interface ContractedTable {
  /** What follows `create`: nothing, or `temporary`. */
  readonly kind: '' | 'temporary';
  /** Quoted. */
  readonly name: string;
  readonly contract: DbtContract;
  /** The rendered select. */
  readonly sql: string;
}

/**
 * Creates a table as this project's dbt macro does under an enforced contract (macros/overrides/postgres_tables.sql): with the
 * declared columns, types and not-null constraints. Compares the select's columns with the declared ones first. Returns the
 * number of rows.
 *
 * In an incremental run dbt puts the constraints on the temporary table on Redshift but not on PostgreSQL. This runner
 * does as on Redshift, so that a table older than its contract takes no new row that violates it.
 *
 * @throws if a column is missing, undeclared or of another type family, or contains a null or a text that is too long.
 */
export async function createUnderContract(client: DbtClient, table: ContractedTable): Promise<number | null> {
  const { kind, name, contract, sql } = table;
  await checkColumns(client, contract, sql);
  const columns = contract.columns.map((column) => `${strictCast(column)} as ${quotedName(column.name)}`);
  const onCommit = kind === 'temporary' ? ' on commit drop' : '';
  // Not an insert into an empty table: only the select of this statement can have a parallel plan on PostgreSQL.
  const { rowCount } = await client.query(
    `create ${kind === '' ? 'table' : 'temporary table'} ${name}${onCommit} as (\nselect ${columns.join(', ')} from (\n${sql}\n) as model_subq\n)`,
  );
  const required = contract.columns.filter(({ notNull }) => notNull);
  if (required.length > 0) {
    const changes = required.map((column) => `alter column ${quotedName(column.name)} set not null`);
    await client.query(`alter table ${name} ${changes.join(', ')}`);
  }
  return rowCount ?? null;
}

/** The length of a type `varchar(n)`; undefined for other types. */
export function varcharLength(dataType: string): number | undefined {
  const digits = /^varchar\(([0-9]+)\)$/.exec(dataType)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * A column as its declared type. Unlike a cast, the function does not shorten a text that is too long, but fails. Without
 * COLLATE, the column would have the collation of the source's column.
 */
function strictCast({ name, dataType }: DbtContract['columns'][number]): string {
  const length = varcharLength(dataType);
  if (length === undefined) return `cast(${quotedName(name)} as ${dataType})`;
  return `cast("varchar"(cast(${quotedName(name)} as varchar), ${length + 4}, false) as ${dataType}) collate "default"`;
}

/** Compares the columns of the select with the declared ones, without running it. */
async function checkColumns(client: DbtClient, contract: DbtContract, sql: string): Promise<void> {
  const [declared, probe] = [quotedName('contract__declared'), quotedName('contract__probe')];
  const definitions = contract.columns.map(({ name, dataType }) => `${quotedName(name)} ${dataType}`);
  await client.query(`create temporary table ${declared} (${definitions.join(', ')}) on commit drop`);
  await client.query(`create temporary table ${probe} on commit drop as (\n${sql}\n) with no data`);
  const faults = contractFaults(await columnsOf(client, declared), await columnsOf(client, probe));
  if (faults.length > 0) throw new Error(`the model violates its contract in ${contract.file}: ${faults.join('; ')}`);
  await client.query(`drop table ${declared}, ${probe}`);
}

function contractFaults(
  declared: ReadonlyMap<string, ColumnType>,
  selected: ReadonlyMap<string, ColumnType>,
): string[] {
  const faults: string[] = [];
  for (const [name, { type, family }] of declared) {
    const real = selected.get(name);
    if (real === undefined) faults.push(`the select has no column ${name}`);
    else if (real.family !== family) faults.push(`${name} is ${real.type} but is declared ${type}`);
  }
  for (const name of selected.keys()) if (!declared.has(name)) faults.push(`${name} is not declared`);
  return faults;
}
