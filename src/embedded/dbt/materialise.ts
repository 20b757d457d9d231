import { columnsOf, type DbtClient, type RelationKind } from './catalog.ts';
import { createUnderContract } from './model-contract.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtModel } from './project-types.ts';
import { quoted } from './render.ts';

export interface Build {
  readonly schema: string;
  readonly model: DbtModel;
  /** The rendered select. */
  readonly sql: string;
  /** Rendered, not empty. */
  readonly postHooks: readonly string[];
  readonly relationKind: RelationKind;
  /** Add to what stands instead of replacing it. */
  readonly incremental: boolean;
}

/**
 * Builds one model in one transaction, so that a reader sees the old or the new one and never none. Gives the number
 * of rows written, null for a view.
 */
export async function materialise(client: DbtClient, build: Build): Promise<number | null> {
  await client.query('begin');
  try {
    const rows = build.incremental ? await addRows(client, build) : await replace(client, build);
    for (const hook of build.postHooks) await client.query(hook);
    await client.query('commit');
    return rows;
  } catch (error) {
    // The connection may be the thing that failed; the first error is the one to tell.
    await client.query('rollback').catch(() => undefined);
    throw new DbtProjectError(build.model.file, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

async function replace(client: DbtClient, { schema, model, sql, relationKind: before }: Build): Promise<number | null> {
  const beside = quoted(schema, `${model.name}__dbt_tmp`);
  const kind = model.config.materialized === 'view' ? 'view' : 'table';
  const rows =
    model.contract === null
      ? (await client.query(`create ${kind} ${beside} as (\n${sql}\n)`)).rowCount
      : await createUnderContract(client, { kind: '', name: beside, contract: model.contract, sql });
  // Like dbt: views on what is replaced go with it, and are built again later in the run.
  if (before !== 'nothing') await client.query(`drop ${before} ${quoted(schema, model.name)} cascade`);
  await client.query(`alter ${kind} ${beside} rename to ${quoted(model.name)}`);
  return kind === 'view' ? null : (rows ?? null);
}

async function addRows(client: DbtClient, { schema, model, sql }: Build): Promise<number | null> {
  const target = quoted(schema, model.name);
  const beside = quoted(`${model.name}__dbt_tmp`);
  if (model.contract === null) {
    await client.query(`create temporary table ${beside} on commit drop as (\n${sql}\n)`);
  } else {
    await createUnderContract(client, { kind: 'temporary', name: beside, contract: model.contract, sql });
  }
  await client.query(`analyze ${beside}`);
  const columns = await reconciledColumns(client, target, beside, model);
  const key = model.config.uniqueKey;
  if (model.config.incrementalStrategy === 'delete+insert' && key !== undefined) {
    await client.query(`delete from ${target} where ${quoted(key)} in (select ${quoted(key)} from ${beside})`);
  }
  const inserted = await client.query(`insert into ${target} (${columns}) (select ${columns} from ${beside})`);
  return inserted.rowCount ?? null;
}

/**
 * Does what the model's on_schema_change says about columns that changed, and gives those of the table. dbt's
 * append_new_columns passes over columns that are gone or have another type; here that is an error.
 */
async function reconciledColumns(
  client: DbtClient,
  target: string,
  beside: string,
  { config }: DbtModel,
): Promise<string> {
  const [before, after] = [await columnsOf(client, target), await columnsOf(client, beside)];
  const changed = [...before].filter(([name, { type }]) => after.get(name)?.type !== type).map(([name]) => name);
  const added = [...after].filter(([name]) => !before.has(name));
  const refused = config.appendNewColumns ? changed : [...changed, ...added.map(([name]) => name)];
  if (refused.length > 0) {
    const remedy = config.keptByFullRefresh
      ? `a full refresh keeps this model, so alter ${target} by hand, or give it back the columns it had`
      : 'an incremental model then needs a full refresh';
    throw new Error(`its columns changed (${refused.join(', ')}); ${remedy}`);
  }
  for (const [name, { type }] of added) await client.query(`alter table ${target} add column ${quoted(name)} ${type}`);
  return [...after.keys()].map((name) => quoted(name)).join(', ');
}
