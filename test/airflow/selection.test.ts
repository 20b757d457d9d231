import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { project, projectFolder } from '../support/dbt.ts';

/**
 * What the two dbt calls of the DAG select, by the algorithm of dbt-core's graph/selector.py: a call without --select begins
 * with everything. --exclude also applies to the tests of excluded nodes; with --indirect-selection cautious, only to tests
 * whose parents are all excluded.
 */
interface Node {
  readonly name: string;
  readonly isTest: boolean;
  readonly isExpensive: boolean;
  readonly parents: readonly string[];
}

/** Names of the models and sources that a template mentions. */
const parentsIn = (template: string): string[] => [
  ...[...template.matchAll(/\bref\('(\w+)'\)/g)].map(([, name]) => String(name)),
  ...[...template.matchAll(/\bsource\('(\w+)', '(\w+)'\)/g)].map(([, source, table]) => `${source}.${table}`),
];

const expensiveColumns = expensiveColumnTests();
const nodes: readonly Node[] = [
  ...project.sources.map(({ source, table }) => ({ name: `${source}.${table}`, template: '', isTest: false })),
  ...project.models.map(({ name, template }) => ({ name, template, isTest: false })),
  ...project.tests.map(({ name, template }) => ({ name, template, isTest: true })),
].map(({ name, template, isTest }) => ({
  name,
  isTest,
  isExpensive: /tags=\['expensive'\]/.test(template) || expensiveColumns.has(name),
  parents: [...new Set(parentsIn(template))],
}));
const nodeOf = new Map(nodes.map((node) => [node.name, node]));

/** Tests of a column that carry the tag in a property file, named as dbt does. */
function expensiveColumnTests(): Set<string> {
  const names = new Set<string>();
  for (const file of readdirSync(`${projectFolder}/models`, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.yml')) continue;
    const { models = [] } = parse(readFileSync(`${projectFolder}/models/${file}`, 'utf8'));
    for (const model of models) {
      for (const column of model.columns ?? []) {
        for (const each of column.data_tests ?? []) {
          if (typeof each === 'string') continue;
          const [[kind, body]] = Object.entries<{ config?: { tags?: string[] } }>(each) as [
            [string, { config?: { tags?: string[] } }],
          ];
          if (body.config?.tags?.includes('expensive')) names.add(`${kind}_${model.name}_${column.name}`);
        }
      }
    }
  }
  return names;
}

function ancestors(name: string): Set<string> {
  const parents = nodeOf.get(name)?.parents ?? [];
  return new Set(parents.flatMap((parent) => [parent, ...ancestors(parent)]));
}

function named(text: string): string[] {
  if (text === 'tag:expensive') return nodes.filter((node) => node.isExpensive).map(({ name }) => name);
  // Unit tests are not among the nodes.
  if (text === 'test_type:unit') return [];
  const model = text.slice(1);
  if (!text.startsWith('+') || !nodeOf.has(model)) throw new Error(`This test does not know the criterion ${text}`);
  return [model, ...ancestors(model)];
}

/** One criterion, then the tests that come with it. */
function criterion(text: string, cautious: boolean): Set<string> {
  const chosen = new Set(named(text));
  for (const { name, isTest, parents } of nodes) {
    const covered = parents.filter((parent) => chosen.has(parent)).length;
    if (isTest && (cautious ? covered > 0 && covered === parents.length : covered > 0)) chosen.add(name);
  }
  return chosen;
}

interface Call {
  readonly select: readonly string[];
  readonly exclude: readonly string[];
  readonly cautious: boolean;
}

function selected({ select, exclude, cautious }: Call): Set<string> {
  const included = select.length > 0 ? select.map((text) => criterion(text, cautious)) : [new Set(nodeOf.keys())];
  const left = new Set(included.flatMap((names) => [...names]));
  for (const text of exclude) for (const name of criterion(text, cautious)) left.delete(name);
  return new Set([...left].filter((name) => !name.includes('.')));
}

/** The arguments of `dbt build` that stand in the DAG, as written there. */
function callOf(task: string): Call {
  const dag = readFileSync(new URL('../../warehouse/airflow/dags/attribution.py', import.meta.url), 'utf8');
  const [, text] = dag.match(new RegExp(`"${task}",\\s+"build ([^"]+)"`)) ?? [];
  if (text === undefined) throw new Error(`The DAG has no call for ${task}`);
  const options = new Map(text.split('--').map((part) => [part.split(' ')[0] ?? '', part.trim().split(' ').slice(1)]));
  return {
    select: options.get('select') ?? [],
    exclude: options.get('exclude') ?? [],
    cautious: options.get('indirect-selection')?.[0] === 'cautious',
  };
}

const silver = selected(callOf('dbt_silver'));
const gold = selected(callOf('dbt_gold'));
const expensive = nodes.filter(({ isExpensive }) => isExpensive).map(({ name }) => name);

test('silver and gold build every model and run every test once, but for the expensive ones', () => {
  const wanted = nodes.filter(({ name, isExpensive }) => !isExpensive && !name.includes('.')).map(({ name }) => name);
  expect([...silver, ...gold].sort()).toEqual(wanted.sort());
  expect(expensive).toEqual(expect.arrayContaining(['silver_equals_all_events', 'unique_stg_adgem__clicks_click_id']));
});

test('silver has the models up to goal_complete_events, and no test that touches another', () => {
  const models = [...silver].filter((name) => !nodeOf.get(name)?.isTest);
  expect(models.sort()).toEqual(['base_events__events', 'goal_complete_events']);
  for (const name of silver) {
    for (const parent of nodeOf.get(name)?.parents ?? []) {
      expect(models.includes(parent) || parent === 'events.events', `${name} reads ${parent}`).toBe(true);
    }
  }
});

test('without cautious selection dbt would leave tests out', () => {
  const eager = selected({ ...callOf('dbt_gold'), cautious: false });
  expect(eager).not.toContain('gold_has_one_row_per_silver_row');
  expect(gold).toContain('gold_has_one_row_per_silver_row');
});
