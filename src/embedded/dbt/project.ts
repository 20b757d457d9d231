import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { orderByRefs } from './graph.ts';
import { modelConfig, testConfig, textList } from './model-config.ts';
import { DbtProjectError } from './project-error.ts';
import type { DbtMacroFile, DbtModel, DbtProject, DbtTest } from './project-types.ts';
import { type Properties, readProperties } from './properties.ts';
import { type RenderProject, renderTemplate } from './render.ts';
import { yamlMapping } from './yaml.ts';

interface ProjectFile {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly text: string;
}

const projectKeys = [
  'name',
  'version',
  'config-version',
  'require-dbt-version',
  'profile',
  'model-paths',
  'macro-paths',
  'test-paths',
  'flags',
  'on-run-start',
  'on-run-end',
  'vars',
  'models',
];

const parseOptions = { schema: 'attribution', startedAt: '1970-01-01T00:00:00.000000Z', invocationId: 'parse' };

/**
 * Reads a dbt project: its models, macros, sources, vars and tests. Supports the features of dbt that this project uses
 * (no packages, seeds, snapshots, Python models or custom schemas), and rejects others.
 *
 * @throws {DbtProjectError} naming the file.
 */
export function loadDbtProject(folder: string): DbtProject {
  const settings = readSettings(folder);
  const modelFiles = readFolder(folder, 'models');
  const macroFiles = readFolder(folder, 'macros').filter((each) => isSql(each) && !isOverride(each));
  const testFiles = readFolder(folder, 'tests').filter(isSql);

  const properties: Properties = { vars: settings.vars, sources: [], models: new Map(), tests: [], exposures: [] };
  for (const each of modelFiles.filter((each) => /\.ya?ml$/.test(each.file))) {
    readProperties(each.file, each.text, properties);
  }

  const models = modelFiles.filter(isSql).map((each) => ({ ...each, name: basename(each.file, '.sql') }));
  const rendering: RenderProject = {
    macros: macroFiles.map(readMacros),
    sources: properties.sources,
    vars: settings.vars,
    modelNames: namesOf(models),
  };
  for (const [name, { file }] of properties.models) {
    if (!rendering.modelNames.has(name))
      throw new DbtProjectError(file, `describes ${name}, but the model does not exist`);
  }
  for (const { name, file, refs } of properties.exposures) {
    const missing = refs.find((ref) => !rendering.modelNames.has(ref));
    if (missing !== undefined) throw new DbtProjectError(file, `${name} depends on ${missing}, which is not a model`);
  }

  const parsed = models.map(({ name, file, text }): DbtModel => {
    const rendered = renderTemplate(rendering, file, text, { ...parseOptions, thisName: name });
    const { description = '', columns = [], contract = null } = properties.models.get(name) ?? {};
    const raw = { ...folderConfig(settings, file), ...rendered.config };
    const names = columns.map((column) => column.name);
    const config = modelConfig(file, raw, names);
    if (contract !== null && config.materialized === 'view') {
      throw new DbtProjectError(file, 'this runner enforces contracts on tables only');
    }
    return { name, file, template: text, config, refs: rendered.refs, description, columns, contract };
  });

  const singular = testFiles.map(({ file, text }): DbtTest => {
    const { config } = renderTemplate(rendering, file, text, parseOptions);
    return { name: basename(file, '.sql'), file, template: text, ...testConfig(file, config) };
  });

  return {
    folder,
    models: orderByRefs(parsed),
    sources: properties.sources,
    tests: [...singular, ...properties.tests],
    macros: rendering.macros,
    exposures: properties.exposures,
    vars: settings.vars,
    onRunStart: settings.onRunStart,
    onRunEnd: settings.onRunEnd,
  };
}

/** The names that templates of a loaded project may use. */
export function renderProjectOf(project: DbtProject): RenderProject {
  return { ...project, modelNames: new Set(project.models.map((model) => model.name)) };
}

interface Settings {
  readonly name: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly models: Readonly<Record<string, unknown>>;
  readonly onRunStart: readonly string[];
  readonly onRunEnd: readonly string[];
}

function readSettings(folder: string): Settings {
  const file = 'dbt_project.yml';
  const path = join(folder, file);
  if (!existsSync(path)) throw new DbtProjectError(path, 'the dbt project does not exist');
  const top = yamlMapping(file, readFileSync(path, 'utf8'));
  for (const key of Object.keys(top)) {
    if (!projectKeys.includes(key)) throw new DbtProjectError(file, `this runner does not support the key ${key}`);
  }
  if (typeof top.name !== 'string') throw new DbtProjectError(file, 'the project needs a name');
  const record = (value: unknown) => (value ?? {}) as Readonly<Record<string, unknown>>;
  return {
    name: top.name,
    vars: record(top.vars),
    models: record(record(top.models)[top.name]),
    onRunStart: textList(file, 'on-run-start', top['on-run-start']),
    onRunEnd: textList(file, 'on-run-end', top['on-run-end']),
  };
}

/** The `+key` settings in dbt_project.yml for a model's folder; the nearest folder wins. */
function folderConfig(settings: Settings, file: string): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  const folders = file.split('/').slice(1, -1);
  let level: unknown = settings.models;
  for (let depth = 0; typeof level === 'object' && level !== null; depth += 1) {
    const entries = level as Record<string, unknown>;
    for (const [key, value] of Object.entries(entries)) if (key.startsWith('+')) config[key.slice(1)] = value;
    const next = folders[depth];
    level = next === undefined ? undefined : entries[next];
  }
  return config;
}

function readMacros({ file, text }: ProjectFile): DbtMacroFile {
  const names = [...text.matchAll(/\{%-?\s*macro\s+(\w+)/g)].map((match) => match[1] ?? '');
  return { file, template: text, names };
}

function readFolder(folder: string, name: string): ProjectFile[] {
  const root = join(folder, name);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ file: relative(folder, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }));
}

/** Macros that replace dbt's own. Only dbt calls them, with names that this runner does not have. */
const isOverride = (each: ProjectFile) => each.file.startsWith('macros/overrides/');

const isSql = (each: ProjectFile) => each.file.endsWith('.sql');

function namesOf(models: readonly { name: string; file: string }[]): Set<string> {
  const names = new Set<string>();
  for (const { name, file } of models) {
    if (names.has(name)) throw new DbtProjectError(file, `there are two models with the name ${name}`);
    names.add(name);
  }
  return names;
}
