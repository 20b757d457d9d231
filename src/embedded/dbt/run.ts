import { quotedName } from '../quoting.ts';
import { type DbtClient, relationKind } from './catalog.ts';
import { materialise } from './materialise.ts';
import { renderProjectOf } from './project.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtModel, DbtProject, DbtTest } from './project-types.ts';
import { type QueryRows, type RenderOptions, type RenderProject, renderTemplate } from './render.ts';

/** The schema of all models. */
export const attributionSchema = 'attribution';

export interface RunOptions {
  /** RFC 3339 with an offset: the end of the open iteration windows. Default: the start of the run. */
  readonly asOf?: string;
  /** RFC 3339, to the microsecond. */
  readonly startedAt: string;
  readonly invocationId: string;
  /** Rebuild incremental models, except those with `full_refresh: false`. */
  readonly fullRefresh?: boolean;
  /** Names of the models to build. Default: all. */
  readonly select?: readonly string[];
  /** Override the vars in dbt_project.yml. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly onModel?: (event: ModelEvent) => void;
}

export interface ModelEvent {
  readonly name: string;
  /** 1 for the first model. */
  readonly index: number;
  readonly total: number;
  /** Rows written; null for a view, or if the server does not report it. */
  readonly rows: number | null;
  readonly milliseconds: number;
}

export interface RunResult {
  readonly models: readonly ModelEvent[];
  readonly milliseconds: number;
}

/**
 * Builds a project's models in order on one PostgreSQL connection, each in its own transaction. Stops at the first
 * failure and throws a DbtProjectError that names the file; models built before it are kept.
 *
 * This runner is not dbt: it renders and runs the same files, without dbt's other features.
 */
export async function runDbtProject(project: DbtProject, client: DbtClient, options: RunOptions): Promise<RunResult> {
  const selected = selectModels(project, options.select);
  const begun = performance.now();
  const events: ModelEvent[] = [];
  await ensureSchema(client);
  for (const model of selected) {
    const start = performance.now();
    const rows = await buildModel(project, client, model, options);
    const event: ModelEvent = {
      name: model.name,
      index: events.length + 1,
      total: selected.length,
      rows,
      milliseconds: performance.now() - start,
    };
    events.push(event);
    options.onModel?.(event);
  }
  return { models: events, milliseconds: performance.now() - begun };
}

/** Queried first: PostgreSQL rejects even `create schema if not exists` for a user who may not create schemas. */
async function ensureSchema(client: DbtClient): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_catalog.pg_namespace where nspname = '${attributionSchema}'`);
  if (rows.length === 0) await client.query(`create schema ${quotedName(attributionSchema)}`);
}

async function buildModel(
  project: DbtProject,
  client: DbtClient,
  model: DbtModel,
  options: RunOptions,
): Promise<number | null> {
  const rendering = renderProjectOf(project);
  const before = await relationKind(client, attributionSchema, model.name);
  const refresh = options.fullRefresh === true && !model.config.keptByFullRefresh;
  const incremental = model.config.materialized === 'incremental' && before === 'table' && !refresh;
  const context: RenderOptions = { ...renderOptions(options), thisName: model.name, isIncremental: incremental };
  const render = (template: string) => renderWithQueries(client, rendering, model.file, template, context);
  const postHooks: string[] = [];
  for (const hook of model.config.postHooks) postHooks.push(await render(hook));
  const sql = await render(model.template);
  return materialise(client, {
    ...{ schema: attributionSchema, model, sql, relationKind: before, incremental },
    postHooks: postHooks.filter((hook) => hook.trim() !== ''),
  });
}

/** Renders a template, and runs the queries that it needs for that. */
async function renderWithQueries(
  client: DbtClient,
  project: RenderProject,
  file: string,
  template: string,
  options: RenderOptions,
): Promise<string> {
  const results = new Map<string, QueryRows>();
  for (;;) {
    const { sql, queries } = renderTemplate(project, file, template, { ...options, results });
    if (queries.length === 0) return sql;
    for (const query of queries) {
      const { rows } = await client.query(query);
      results.set(
        query,
        rows.map((row) => Object.values(row as object)),
      );
    }
  }
}

/** Renders the statement of a test. The test passes if it returns no row. */
export function renderTest(project: DbtProject, test: DbtTest, options: RunOptions): string {
  return renderTemplate(renderProjectOf(project), test.file, test.template, renderOptions(options)).sql;
}

function renderOptions({ asOf, startedAt, invocationId, vars }: RunOptions): RenderOptions {
  return {
    schema: attributionSchema,
    startedAt,
    invocationId,
    vars: { ...vars, ...(asOf === undefined ? {} : { as_of: asOf }) },
  };
}

function selectModels(project: DbtProject, select: readonly string[] | undefined): readonly DbtModel[] {
  if (select === undefined) return project.models;
  for (const name of select) {
    if (!project.models.some((model) => model.name === name)) {
      throw new DbtProjectError(project.folder, `cannot select ${name}: the model does not exist`);
    }
  }
  return project.models.filter((model) => select.includes(model.name));
}
