import nunjucks from 'nunjucks';
import { quotedName } from '../quoting.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtMacroFile, DbtSource } from './project-types.ts';

/** The names that templates of a project may use. */
export interface RenderProject {
  readonly macros: readonly DbtMacroFile[];
  readonly sources: readonly DbtSource[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly modelNames: ReadonlySet<string>;
}

export interface RenderOptions {
  /** The schema of the models. */
  readonly schema: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly invocationId: string;
  /** Override the project's vars. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly isIncremental?: boolean;
  /** The name of `this`, for models; tests have none. */
  readonly thisName?: string;
  /** The rows of the queries that templates run, by statement; see `Rendered.queries`. */
  readonly results?: ReadonlyMap<string, QueryRows>;
  /** Override the relations of the project; used by tests to replace them with rows. */
  readonly relations?: (kind: 'ref' | 'source' | 'this', name: string) => string | undefined;
  /** Constants that replace macros of the project; used by tests. */
  readonly macros?: Readonly<Record<string, unknown>>;
}

/** Rows of a query that a template runs: values by position. */
export type QueryRows = readonly (readonly unknown[])[];

export interface Rendered {
  readonly sql: string;
  /** What the template passed to config(); the last call wins. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly refs: readonly string[];
  readonly sources: readonly DbtSource[];
  /**
   * Statements that the template passed to run_query() and that have no result yet. The rendering is then not final: it is
   * repeated with their results, because nunjucks can't wait for them.
   */
  readonly queries: readonly string[];
}

type Keywords = Record<string, unknown> & { __keywords?: boolean };

/** Nunjucks passes keyword arguments as a marked last object. */
function keywordsOf(args: readonly unknown[]): Record<string, unknown> {
  const last = args.at(-1) as Keywords | undefined;
  if (typeof last !== 'object' || last === null || last.__keywords !== true) return {};
  return Object.fromEntries(Object.entries(last).filter(([key]) => key !== '__keywords'));
}

/**
 * Renders one file of a dbt project to SQL. Supports config, source, ref, var, this, is_incremental, target, run_query,
 * invocation_id, run_started_at, execute, flags.WHICH and the project's macros; any other name is an error.
 */
export function renderTemplate(
  project: RenderProject,
  file: string,
  template: string,
  options: RenderOptions,
): Rendered {
  const config: Record<string, unknown> = {};
  const refs = new Set<string>();
  const sources = new Set<DbtSource>();
  const { environment, builtIn, macros, templates } = compiledOf(project.macros);
  const names: Record<string, unknown> = { ...builtIn, ...macros };
  const define = (name: string, value: unknown) => {
    names[name] = value;
  };
  const place = (kind: 'ref' | 'source' | 'this', name: string, otherwise: string) =>
    options.relations?.(kind, name) ?? otherwise;

  define('config', (...args: unknown[]) => {
    if (args.length !== 1) throw new Error('config() takes keyword arguments only');
    Object.assign(config, keywordsOf(args));
    return '';
  });
  define('ref', (name: unknown, ...more: unknown[]) => {
    if (typeof name !== 'string' || more.length > 0) throw new Error('ref() takes one model name');
    if (!project.modelNames.has(name)) throw new Error(`ref('${name}'): the model does not exist`);
    refs.add(name);
    return place('ref', name, quotedName(options.schema, name));
  });
  define('source', (source: unknown, table: unknown) => {
    const found = project.sources.find((each) => each.source === source && each.table === table);
    if (!found) throw new Error(`source('${source}', '${table}'): the source does not exist`);
    sources.add(found);
    return place('source', `${found.source}.${found.table}`, quotedName(found.schema, found.identifier));
  });
  const vars: Record<string, unknown> = { ...project.vars, ...options.vars };
  define('var', (name: string, ...more: unknown[]) => {
    const value = vars[name] ?? more[0];
    if (value === undefined) throw new Error(`var('${name}') has no value and no default`);
    return value;
  });
  define('is_incremental', () => options.isIncremental === true);
  define('target', { type: 'postgres', name: 'embedded', schema: options.schema });
  define('invocation_id', options.invocationId);
  define('run_started_at', { isoformat: () => options.startedAt });
  define('exceptions', {
    raise_compiler_error: (message: string) => {
      throw new Error(message);
    },
  });
  define('execute', true);
  const queries = new Set<string>();
  define('run_query', (statement: unknown) => {
    const rows = options.results?.get(String(statement));
    if (rows === undefined) queries.add(String(statement));
    return { rows: rows ?? [['']] };
  });
  define('flags', { WHICH: 'build' });
  if (options.thisName !== undefined) {
    define('this', thisRelation(place('this', options.thisName, quotedName(options.schema, options.thisName))));
  }

  try {
    for (const [name, value] of Object.entries(options.macros ?? {})) define(name, () => value);
    environment.globals = names;
    let compiled = templates.get(template);
    if (compiled === undefined) {
      // Python's Jinja drops a template's last newline; nunjucks keeps it.
      compiled = new nunjucks.Template(template.replace(/\r?\n$/, ''), environment, undefined, true);
      templates.set(template, compiled);
    }
    const sql = compiled.render({});
    return { sql, config, refs: [...refs], sources: [...sources], queries: [...queries] };
  } catch (error) {
    throw new DbtProjectError(file, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** `this`, rendered without the database name. */
function thisRelation(name: string): object {
  return {
    toString: () => name,
    include: (...args: unknown[]) => {
      const { database, ...others } = keywordsOf(args);
      if (args.length !== 1 || database !== false || Object.keys(others).length > 0) {
        throw new Error('this.include() takes database=false only');
      }
      return name;
    },
  };
}

/** What is compiled once per project: to compile all macros for each template would take most of a small build's time. */
interface Compiled {
  /** Its global names are replaced for each rendering, which nothing can interrupt. */
  readonly environment: nunjucks.Environment & { globals: Record<string, unknown> };
  /** The global names of nunjucks itself. */
  readonly builtIn: Readonly<Record<string, unknown>>;
  /** Every macro of every file, for all templates, as in dbt. */
  readonly macros: Readonly<Record<string, unknown>>;
  readonly templates: Map<string, nunjucks.Template>;
}

const compilations = new WeakMap<readonly DbtMacroFile[], Compiled>();

function compiledOf(files: readonly DbtMacroFile[]): Compiled {
  const known = compilations.get(files);
  if (known) return known;
  const settings = { autoescape: false, throwOnUndefined: true };
  // The property is missing from the published types.
  const environment = new nunjucks.Environment(null, settings) as Compiled['environment'];
  const macros: Record<string, unknown> = {};
  for (const { file, template, names } of files) {
    const exported = exportsOf(file, new nunjucks.Template(template, environment, file, true));
    for (const name of names) macros[name] = exported[name];
  }
  const result: Compiled = { environment, builtIn: environment.globals, macros, templates: new Map() };
  compilations.set(files, result);
  return result;
}

interface ExportingTemplate {
  getExported(context: object, done: (error: Error | null, exported: Record<string, unknown>) => void): void;
}

function exportsOf(file: string, template: nunjucks.Template): Record<string, unknown> {
  let result: Record<string, unknown> | undefined;
  // getExported is missing from the published types. It calls back synchronously.
  (template as unknown as ExportingTemplate).getExported({}, (error, exported) => {
    if (error) throw error;
    result = exported;
  });
  if (result === undefined) throw new DbtProjectError(file, 'its macros could not be read');
  return result;
}
