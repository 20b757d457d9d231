import { quotedName } from '../quoting.ts';
import { type DbtClient, type Relation, relationsIn } from './catalog.ts';
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
  const numbered = { ...options, vars: { ...options.vars, build_number: await nextBuildNumber(client) } };
  await runHooks(project, client, project.onRunStart, numbered);
  for (const model of selected) {
    const start = performance.now();
    const rows = await buildModel(project, client, model, numbered);
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
  await runHooks(project, client, project.onRunEnd, numbered);
  return { models: events, milliseconds: performance.now() - begun };
}

/** Queried first: PostgreSQL rejects even `create schema if not exists` for a user who may not create schemas. */
async function ensureSchema(client: DbtClient): Promise<void> {
  const { rows } = await client.query(`select 1 from pg_catalog.pg_namespace where nspname = '${attributionSchema}'`);
  if (rows.length === 0) await client.query(`create schema ${quotedName(attributionSchema)}`);
}

/** The number of the build that this run makes (macros/build.sql). */
async function nextBuildNumber(client: DbtClient): Promise<number> {
  const relations = await relationsIn(client, attributionSchema);
  if (!relations.some(({ name }) => name === 'attribution_builds')) return 1;
  const { rows } = await client.query(
    `select coalesce(max(build_number), 0) + 1 as number from ${quotedName(attributionSchema, 'attribution_builds')}`,
  );
  return Number((rows[0] as { readonly number: unknown }).number);
}

/** The hooks of the project before and after all models. */
async function runHooks(
  project: DbtProject,
  client: DbtClient,
  hooks: readonly string[],
  options: RunOptions,
): Promise<void> {
  const vars = { ...options.vars, relations: byModel(await relationsIn(client, attributionSchema)) };
  const context = renderOptions({ ...options, vars });
  for (const hook of hooks) {
    const sql = await renderWithQueries(client, renderProjectOf(project), 'dbt_project.yml', hook, context);
    for (const statement of statementsOf(sql)) await client.query(statement);
  }
}

async function buildModel(
  project: DbtProject,
  client: DbtClient,
  model: DbtModel,
  options: RunOptions,
): Promise<number | null> {
  const { config, file, name } = model;
  const rendering = renderProjectOf(project);
  const refresh = options.fullRefresh === true && !config.keptByFullRefresh;
  const relations = await relationsIn(client, attributionSchema);
  const before = relations.find((each) => each.name === name)?.kind ?? 'none';
  const incremental = config.materialized === 'incremental' && before === 'table' && !refresh;

  const vars = { ...options.vars, relations: byModel(relations) };
  const context = { ...renderOptions({ ...options, vars }), thisName: name, isIncremental: incremental };
  // Nothing is written until all templates are rendered, so they share the results of their queries.
  const results = new Map<string, QueryRows>();
  const render = (template: string) => renderWithQueries(client, rendering, file, template, context, results);
  const statements = async (hooks: readonly string[]) => {
    const rendered: string[] = [];
    for (const hook of hooks) rendered.push(await render(hook));
    return rendered.flatMap(statementsOf);
  };
  return materialise(client, {
    schema: attributionSchema,
    model,
    sql: await render(model.template),
    preHooks: await statements(config.preHooks),
    postHooks: await statements(config.postHooks),
    relationKind: before,
    incremental,
  });
}

/** Renders a template, and runs the queries that it needs for that, except those with results. Adds the new results. */
async function renderWithQueries(
  client: DbtClient,
  project: RenderProject,
  file: string,
  template: string,
  options: RenderOptions,
  results = new Map<string, QueryRows>(),
): Promise<string> {
  for (;;) {
    const { sql, queries } = renderTemplate(project, file, template, { ...options, results });
    // Only the first: the text of a later one may depend on its result.
    const [query] = queries;
    if (query === undefined) return sql;
    const { rows } = await client.query(query);
    results.set(
      query,
      rows.map((row) => Object.values(row as object)),
    );
  }
}

/** The statements of a rendered hook, each of which ends with a line. A hook may render to none. */
const statementsOf = (hook: string): string[] =>
  hook.split(/;\s*(?:\n|$)/).filter((statement) => statement.trim() !== '');

/** The relations of each model, with the tables that builds have published of it, as macros/publish.sql reads them. */
function byModel(
  relations: readonly Relation[],
): Record<string, readonly (readonly [string, string, string | null])[]> {
  const groups = Object.groupBy(relations, ({ name }) => name.replace(/__[0-9]+$/, ''));
  return Object.fromEntries(
    Object.entries(groups).map(([model, all = []]) => [
      model,
      all.map(({ name, kind, comment }) => [name, kind, comment] as const),
    ]),
  );
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
