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
    daily_clicks_are_no_more_than_clicks: 'adgem.clicks',
    gold_carries_silver_unchanged: compared.join(' '),
    gold_has_one_row_per_silver_row: compared.join(' '),
    silver_equals_all_events: 'events.events goal_complete_events',
    source_rows_without_a_key: 'adgem.clicks events.events',
    source_rows_with_a_time_out_of_range: 'adgem.clicks events.events',
    not_null_source_adgem_clicks_click_id: 'adgem.clicks',
    not_null_source_adgem_clicks_timestamp: 'adgem.clicks',
    not_null_source_events_events_event_id: 'events.events',
    not_null_source_events_events_timestamp: 'events.events',
  });
});
