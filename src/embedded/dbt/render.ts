import nunjucks from 'nunjucks';
import { DbtProjectError } from './project-error.ts';
import type { DbtMacroFile, DbtSource } from './project-types.ts';

/** What templates of a project may name. */
export interface RenderProject {
  readonly macros: readonly DbtMacroFile[];
  readonly sources: readonly DbtSource[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly modelNames: ReadonlySet<string>;
}

export interface RenderOptions {
  /** The schema that models stand in. */
  readonly schema: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly invocationId: string;
  /** Win over the project's vars. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly isIncremental?: boolean;
  /** Where `this` stands, for models; tests have none. */
  readonly thisName?: string;
  /** Win over where the project has its relations; used by tests that put rows in their place. */
  readonly relations?: (kind: 'ref' | 'source' | 'this', name: string) => string | undefined;
}

export interface Rendered {
  readonly sql: string;
  /** What the template passed to config(), last call winning. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly refs: readonly string[];
  readonly sources: readonly DbtSource[];
}

/** Quotes a name as an identifier. */
export function quoted(...parts: readonly string[]): string {
  return parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
}

type Keywords = Record<string, unknown> & { __keywords?: boolean };

/** Nunjucks hands keyword arguments over as one last object, marked; Python callers would see them by name. */
function keywordsOf(args: readonly unknown[]): Record<string, unknown> {
  const last = args.at(-1) as Keywords | undefined;
  if (typeof last !== 'object' || last === null || last.__keywords !== true) return {};
  return Object.fromEntries(Object.entries(last).filter(([key]) => key !== '__keywords'));
}

/**
 * Renders one file of a dbt project to SQL. It knows config, source, ref, var, this, is_incremental, target,
 * invocation_id, run_started_at, execute, flags.WHICH and the project's own macros, and refuses any other name.
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
  const environment = new nunjucks.Environment(null, { autoescape: false, throwOnUndefined: true });
  const offer = (name: string, value: unknown) => environment.addGlobal(name, value);
  const place = (kind: 'ref' | 'source' | 'this', name: string, otherwise: string) =>
    options.relations?.(kind, name) ?? otherwise;

  offer('config', (...args: unknown[]) => {
    if (args.length !== 1) throw new Error('config() takes keyword arguments only');
    Object.assign(config, keywordsOf(args));
    return '';
  });
  offer('ref', (name: unknown, ...more: unknown[]) => {
    if (typeof name !== 'string' || more.length > 0) throw new Error('ref() takes one model name');
    if (!project.modelNames.has(name)) throw new Error(`ref('${name}'): there is no such model`);
    refs.add(name);
    return place('ref', name, quoted(options.schema, name));
  });
  offer('source', (source: unknown, table: unknown) => {
    const found = project.sources.find((each) => each.source === source && each.table === table);
    if (!found) throw new Error(`source('${source}', '${table}'): there is no such source`);
    sources.add(found);
    return place('source', `${found.source}.${found.table}`, quoted(found.schema, found.identifier));
  });
  const vars: Record<string, unknown> = { ...project.vars, ...options.vars };
  offer('var', (name: string, ...more: unknown[]) => {
    const value = vars[name] ?? more[0];
    if (value === undefined) throw new Error(`var('${name}') has no value and no default`);
    return value;
  });
  offer('is_incremental', () => options.isIncremental === true);
  offer('target', { type: 'postgres', name: 'embedded', schema: options.schema });
  offer('invocation_id', options.invocationId);
  offer('run_started_at', { isoformat: () => options.startedAt });
  offer('exceptions', {
    raise_compiler_error: (message: string) => {
      throw new Error(message);
    },
  });
  offer('execute', true);
  offer('flags', { WHICH: 'build' });
  if (options.thisName !== undefined) {
    offer('this', thisRelation(place('this', options.thisName, quoted(options.schema, options.thisName))));
  }

  try {
    offerMacros(project.macros, environment);
    // Python's Jinja drops one last newline of a template, nunjucks keeps it.
    const sql = environment.renderString(template.replace(/\r?\n$/, ''), {});
    return { sql, config, refs: [...refs], sources: [...sources] };
  } catch (error) {
    throw new DbtProjectError(file, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** `this`, which never names the database here. */
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

/** Makes every macro of every file a name that all templates know, as dbt does. */
function offerMacros(files: readonly DbtMacroFile[], environment: nunjucks.Environment): void {
  for (const { file, template, names } of files) {
    const exported: Record<string, unknown> = exportsOf(file, new nunjucks.Template(template, environment, file, true));
    for (const name of names) environment.addGlobal(name, exported[name]);
  }
}

interface ExportingTemplate {
  getExported(context: object, done: (error: Error | null, exported: Record<string, unknown>) => void): void;
}

function exportsOf(file: string, template: nunjucks.Template): Record<string, unknown> {
  let result: Record<string, unknown> | undefined;
  // getExported is missing from the published types; it calls back before it returns.
  (template as unknown as ExportingTemplate).getExported({}, (error, exported) => {
    if (error) throw error;
    result = exported;
  });
  if (result === undefined) throw new DbtProjectError(file, 'its macros could not be read');
  return result;
}
