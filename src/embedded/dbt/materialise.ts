import { quotedName } from '../quoting.ts';
import { columnsOf, type DbtClient, type RelationKind } from './catalog.ts';
import { createUnderContract } from './model-contract.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtModel } from './project-types.ts';

export interface Build {
  readonly schema: string;
  readonly model: DbtModel;
  /** The rendered select. */
  readonly sql: string;
  /** Statements before and after the model's, in its transaction. */
  readonly preHooks: readonly string[];
  readonly postHooks: readonly string[];
  readonly relationKind: RelationKind;
  /** Add rows to the existing table instead of replacing it. */
  readonly incremental: boolean;
}

/**
 * Builds one model in one transaction, so that readers see the old or the new relation. Returns the number of rows
 * written, null for a view.
 */
export async function materialise(client: DbtClient, build: Build): Promise<number | null> {
  await client.query('begin');
  try {
    for (const statement of build.preHooks) await client.query(statement);
    const rows = build.incremental ? await addRows(client, build) : await replace(client, build);
    for (const statement of build.postHooks) await client.query(statement);
    await client.query('commit');
    return rows;
  } catch (error) {
    // The connection itself may have failed; the first error is reported.
    await client.query('rollback').catch(() => undefined);
    throw new DbtProjectError(build.model.file, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

async function replace(client: DbtClient, { schema, model, sql, relationKind: before }: Build): Promise<number | null> {
  const temporary = quotedName(schema, `${model.name}__dbt_tmp`);
  const kind = model.config.materialized === 'view' ? 'view' : 'table';
  const rows =
    model.contract === null
      ? (await client.query(`create ${kind} ${temporary} as (\n${sql}\n)`)).rowCount
      : await createUnderContract(client, { kind: '', name: temporary, contract: model.contract, sql });
  // Like dbt: dependent views are dropped too, and built again later in the run.
  if (before !== 'none') await client.query(`drop ${before} ${quotedName(schema, model.name)} cascade`);
  await client.query(`alter ${kind} ${temporary} rename to ${quotedName(model.name)}`);
  return kind === 'view' ? null : (rows ?? null);
}

async function addRows(client: DbtClient, { schema, model, sql }: Build): Promise<number | null> {
  const target = quotedName(schema, model.name);
  const temporary = quotedName(`${model.name}__dbt_tmp`);
  if (model.contract === null) {
    await client.query(`create temporary table ${temporary} on commit drop as (\n${sql}\n)`);
  } else {
    await createUnderContract(client, { kind: 'temporary', name: temporary, contract: model.contract, sql });
  }
  await client.query(`analyze ${temporary}`);
  const columns = await reconciledColumns(client, target, temporary, model);
  const key = model.config.uniqueKey;
  if (model.config.incrementalStrategy === 'delete+insert' && key !== undefined) {
    await client.query(
      `delete from ${target} where ${quotedName(key)} in (select ${quotedName(key)} from ${temporary})`,
    );
  }
  const inserted = await client.query(`insert into ${target} (${columns}) (select ${columns} from ${temporary})`);
  return inserted.rowCount ?? null;
}

/**
 * Applies the model's on_schema_change, and returns the table's columns. dbt's append_new_columns ignores columns that
 * are missing or have another type; here that is an error.
 */
async function reconciledColumns(
  client: DbtClient,
  target: string,
  temporary: string,
  { config }: DbtModel,
): Promise<string> {
  const [before, after] = [await columnsOf(client, target), await columnsOf(client, temporary)];
  const changed = [...before].filter(([name, { type }]) => after.get(name)?.type !== type).map(([name]) => name);
  const added = [...after].filter(([name]) => !before.has(name));
  const refused = config.appendNewColumns ? changed : [...changed, ...added.map(([name]) => name)];
  if (refused.length > 0) {
    const remedy = config.keptByFullRefresh
      ? `a full refresh keeps this model's rows, so alter ${target} by hand, or restore the model's previous columns`
      : 'run a full refresh';
    throw new Error(`its columns changed (${refused.join(', ')}); ${remedy}`);
  }
  for (const [name, { type }] of added)
    await client.query(`alter table ${target} add column ${quotedName(name)} ${type}`);
  return [...after.keys()].map((name) => quotedName(name)).join(', ');
}
