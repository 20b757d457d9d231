import { type DbtClient, relationKind } from './catalog.ts';
import { materialise } from './materialise.ts';
import { renderProjectOf } from './project.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtModel, DbtProject, DbtTest } from './project-types.ts';
import { quoted, type RenderOptions, renderTemplate } from './render.ts';

/** The schema that all models stand in. */
export const attributionSchema = 'attribution';

export interface RunOptions {
  /** RFC 3339 with an offset; where the open windows end. The run's start where not given. */
  readonly asOf?: string;
  /** RFC 3339, to the microsecond. */
  readonly startedAt: string;
  readonly invocationId: string;
  /** Build incremental models anew, except those whose config says `full_refresh: false`. */
  readonly fullRefresh?: boolean;
  /** Names of the models to build; all where not given. */
  readonly select?: readonly string[];
  /** Win over the vars of dbt_project.yml. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly onModel?: (event: ModelEvent) => void;
}

export interface ModelEvent {
  readonly name: string;
  /** 1 for the first model. */
  readonly index: number;
  readonly total: number;
  /** Rows written; null for a view, or where the server does not tell. */
  readonly rows: number | null;
  readonly milliseconds: number;
}

export interface RunResult {
  readonly models: readonly ModelEvent[];
  readonly milliseconds: number;
}

/**
 * Builds a project's models in order on one PostgreSQL connection, each in a transaction of its own. It stops at the
 * first failure and throws DbtProjectError naming the file; models built before it stay.
 *
 * This is not a dbt: it renders and runs the same files, and what dbt does beyond that stays dbt's.
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

/** Asked for first: PostgreSQL refuses even `if not exists` to a user who may not make schemas. */
async function ensureSchema(client: DbtClient): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_catalog.pg_namespace where nspname = '${attributionSchema}'`);
  if (rows.length === 0) await client.query(`create schema ${quoted(attributionSchema)}`);
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
  const render = (template: string) => renderTemplate(rendering, model.file, template, context).sql;
  const postHooks = model.config.postHooks.map(render).filter((sql) => sql.trim() !== '');
  const sql = render(model.template);
  return materialise(client, { schema: attributionSchema, model, sql, postHooks, relationKind: before, incremental });
}

/** The statement of a test; no row means that it passes. */
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
      throw new DbtProjectError(project.folder, `cannot select ${name}: there is no such model`);
    }
  }
  return project.models.filter((model) => select.includes(model.name));
}
