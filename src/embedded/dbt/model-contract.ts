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
 * Creates a table as dbt does under an enforced contract: with the declared columns, types and not-null constraints.
 * Compares the select's columns with the declared ones before the insert. Returns the number of rows.
 *
 * In an incremental run dbt puts the constraints on the temporary table on Redshift but not on PostgreSQL. This runner
 * does as on Redshift, so that a table older than its contract takes no new row that violates it.
 *
 * @throws if a column is missing, undeclared or of another type family, or contains a null or a text that is too long.
 */
export async function createUnderContract(client: DbtClient, table: ContractedTable): Promise<number | null> {
  const { kind, name, contract, sql } = table;
  const definitions = contract.columns.map(
    ({ name: column, dataType, notNull }) => `${quotedName(column)} ${dataType}${notNull ? ' not null' : ''}`,
  );
  const onCommit = kind === 'temporary' ? ' on commit drop' : '';
  await client.query(`create ${kind} table ${name} (${definitions.join(', ')})${onCommit}`);
  const probe = quotedName('contract__probe');
  await client.query(`create temporary table ${probe} on commit drop as (\n${sql}\n) with no data`);
  const faults = contractFaults(await columnsOf(client, name), await columnsOf(client, probe));
  if (faults.length > 0) throw new Error(`the model violates its contract in ${contract.file}: ${faults.join('; ')}`);
  await client.query(`drop table ${probe}`);
  const columns = contract.columns.map((column) => quotedName(column.name)).join(', ');
  const { rowCount } = await client.query(
    `insert into ${name} (${columns}) select ${columns} from (\n${sql}\n) as model_subq`,
  );
  return rowCount ?? null;
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
