import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderProjectOf, renderTemplate } from '../../src/embedded/dbt/index.ts';
import type { DbtTest } from '../../src/embedded/dbt/project-types.ts';
import { DbtProjectCopy, project, projectFolder, runOptions } from '../support/dbt.ts';

test('the project accepts the dbt that the checks install, and neither one with other unit tests nor another engine', () => {
  const { 'require-dbt-version': required } = parse(readFileSync(join(projectFolder, 'dbt_project.yml'), 'utf8')) as {
    'require-dbt-version': string[];
  };
  const lock = readFileSync(join(import.meta.dirname, '../../local/python/dbt.txt'), 'utf8');
  const installed = /^dbt-core==(\S+)/m.exec(lock)?.[1] ?? '';
  const bounds = required.map((bound) => /^(>=|<)(\d+\.\d+\.\d+)$/.exec(bound) ?? []);
  const accepts = (version: string) =>
    bounds.every(([, operator = '', bound = '']) => {
      const order = version.localeCompare(bound, 'en', { numeric: true });
      return operator === '>=' ? order >= 0 : order < 0;
    });
  expect([installed, '1.11.0'].filter((version) => !accepts(version))).toEqual([]);
  expect(['1.8.10', '1.10.99', '2.0.0', '2.1.0'].filter(accepts)).toEqual([]);
});

test("macros that replace dbt's own are left to dbt", () => {
  const copy = new DbtProjectCopy();
  try {
    copy.write('macros/overrides/more.sql', '{% macro postgres__anything() %}{% do adapter.x() %}{% endmacro %}');
    expect(copy.load().macros.filter(({ file }) => file.includes('overrides'))).toEqual([]);
  } finally {
    copy.remove();
  }
});

test('the vars have the defaults that the documentation lists', () => {
  const { vars } = parse(readFileSync(join(projectFolder, 'dbt_project.yml'), 'utf8')) as {
    vars: Readonly<Record<string, unknown>>;
  };
  const docs = readFileSync(join(import.meta.dirname, '../../docs/attribution.md'), 'utf8');
  const documented = [...docs.matchAll(/^\| vars? (`.+?`) \|.*\| (.+?) \|$/gm)].flatMap(
    ([, names = '', defaults = '']) => {
      const values = defaults.split(', ');
      return [...names.matchAll(/`(\w+)`/g)].map(([, name = ''], index) => [name, values[index]] as const);
    },
  );
  expect(Object.fromEntries(documented)).toEqual({
    // Not set in the project, because they depend on the run.
    as_of: 'start of the run',
    build_id: "dbt's invocation id",
    ...Object.fromEntries(
      Object.entries(vars).map(([name, value]) => [name, JSON.stringify(value) === '[]' ? 'none' : String(value)]),
    ),
  });
});

test('ids are tested to be unique and complete: those of models as errors, those of sources as warnings', () => {
  const ids = (kind: string, severity: string) =>
    project.tests
      .filter((each) => each.severity === severity && each.name.startsWith(`${kind}_`))
      .map(({ name }) => name.slice(kind.length + 1))
      .sort();
  const staged = [
    'stg_adgem__campaigns_campaign_id',
    'stg_adsuite__iterations_iteration_id',
    'stg_adsuite__strategies_strategy_id',
  ];
  const recorded = [
    ...['attribution_builds_build_id', 'attribution_builds_build_number'],
    ...['goal_complete_events_event_id', 'conversion_clicks_event_id'],
  ];
  expect(ids('unique', 'error')).toEqual(
    [
      ...[...staged, ...recorded, 'iterations_first_seen_iteration_id', 'finding_intervals_interval_id'],
      // Their contracts exclude nulls.
      ...['goal_complete_events_attributed_event_id', 'iterations_with_end_time_iteration_id'],
      ...['strategies_strategy_id', 'campaigns_campaign_id', 'unattributed_fixes_fix_id'],
    ].sort(),
  );
  expect(ids('not_null', 'error')).toEqual(
    [
      ...[...staged, 'stg_adsuite__iterations_strategy_id', 'stg_adsuite__iterations_created_at', ...recorded],
      ...['converted_at', 'loaded_at', 'read_at'].map((column) => `goal_complete_events_${column}`),
      'conversion_clicks_click_id',
      ...['iteration_id', 'strategy_id', 'created_at'].map((column) => `iterations_first_seen_${column}`),
      ...['strategy_id', 'tune_offer_id', 'from_build_number'].map((column) => `strategy_offers_${column}`),
      ...['event_id', 'iteration_id'].map((column) => `conversions_last_attributed_${column}`),
    ].sort(),
  );
  const small = ['source_adgem_campaigns_id', 'source_adsuite_iterations_iteration_id', 'source_adsuite_strategies_id'];
  // Several deliveries of a click or an event are normal.
  expect(ids('unique', 'warn')).toEqual(small);
  expect(ids('not_null', 'warn')).toEqual(
    [
      ...[...small, 'source_adsuite_iterations_created_at', 'source_adsuite_iterations_strategy_id'],
      ...['click_id', 'timestamp'].map((column) => `source_adgem_clicks_${column}`),
      ...['event_id', 'timestamp'].map((column) => `source_events_events_${column}`),
    ].sort(),
  );
});

/** The relations that a test reads, through views: source tables, and models that are tables. */
function relationsOf(template: string, file: string, name?: string): Set<string> {
  const context = { ...runOptions(), schema: 'attribution', ...(name === undefined ? {} : { thisName: name }) };
  const { refs, sources } = renderTemplate(renderProjectOf(project), file, template, context);
  const read = new Set(sources.map(({ source, table }) => `${source}.${table}`));
  for (const ref of refs) {
    const model = project.models.find((each) => each.name === ref);
    if (model?.config.materialized !== 'view') read.add(ref);
    else for (const each of relationsOf(model.template, model.file, ref)) read.add(each);
  }
  return read;
}

const large = ['adgem.clicks', 'events.events'];
const isExpensive = ({ tags }: DbtTest) => tags.includes('expensive');
/** Both have one row per conversion, with different distribution keys: comparing their rows moves one of them. */
const compared = ['goal_complete_events', 'goal_complete_events_attributed'];

test.each(project.tests.filter((each) => !isExpensive(each)).map((each) => [each.name, each] as const))(
  '%s, part of each build, does not read all clicks or events',
  (_name, { template, file }) => {
    const read = relationsOf(template, file);
    expect(large.filter((each) => read.has(each))).toEqual([]);
  },
);

test('tag:expensive has the tests that read all clicks or events, or compare gold with silver row by row', () => {
  const expensive = project.tests.filter(isExpensive);
  const kinds = expensive.map(({ name, template, file }): [string, string] => {
    const read = relationsOf(template, file);
    const tables = [...large, ...compared].filter((each) => read.has(each));
    return [name, tables.join(' ')];
  });
  expect(Object.fromEntries(kinds)).toEqual({
    attributed_conversions_are_all_remembered: 'goal_complete_events_attributed',
    clicks_are_not_counted_twice: 'adgem.clicks',
    clicks_were_all_counted: 'adgem.clicks',
    gold_carries_silver_unchanged: compared.join(' '),
    gold_has_one_row_per_silver_row: compared.join(' '),
    history_equals_gold: 'goal_complete_events_attributed',
    history_has_no_overlap: '',
    silver_equals_all_events: 'events.events goal_complete_events',
    source_rows_without_a_key: 'adgem.clicks events.events',
    source_rows_with_a_time_out_of_range: 'adgem.clicks events.events',
    not_null_source_adgem_clicks_click_id: 'adgem.clicks',
    not_null_source_adgem_clicks_timestamp: 'adgem.clicks',
    not_null_source_events_events_event_id: 'events.events',
    not_null_source_events_events_timestamp: 'events.events',
  });
});
