import { afterAll, beforeAll, expect, test } from 'vitest';
import { renderProjectOf, renderTemplate } from '../../src/embedded/dbt/index.ts';
import { addRaw, openPostgres, project, run, runOptions, type Store } from '../support/dbt.ts';
import { messyWorld } from '../support/dbt-cases.ts';

let store: Store;
beforeAll(async () => {
  store = await openPostgres();
  await addRaw(store, messyWorld);
  await run(store);
  // As if these tables were large, and the others, as usual, small.
  for (const table of ['goal_complete_events', 'conversion_clicks', 'clicks_by_quarter_hour'])
    await store.query(`alter table attribution.${table} set (parallel_workers = 2)`);
  await store.query(
    `set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
     set max_parallel_workers_per_gather = 2`,
  );
});
afterAll(() => store.close());

/** The steps of a model's plan, the outermost first. */
async function planOf(name: string): Promise<string[]> {
  const model = project.models.find((each) => each.name === name);
  if (!model) throw new Error(`there is no model ${name}`);
  const options = { ...runOptions(), schema: 'attribution', thisName: name };
  const { sql } = renderTemplate(renderProjectOf(project), model.file, model.template, options);
  const { rows } = await store.query(`explain (costs off) create table planned as (${sql})`);
  return rows.map((row) => String(row['QUERY PLAN']));
}

test.each(['goal_complete_events_attributed', 'iteration_clicks_quarter_hourly'])(
  'workers attribute for %s',
  async (name) => {
    const plan = await planOf(name);
    const gather = plan.findIndex((step) => /Gather/.test(step));
    const joins = plan.flatMap((step, index) => (/ (Join|Loop)/.test(step) ? [index] : []));
    expect(gather, plan.join('\n')).toBeGreaterThanOrEqual(0);
    expect(joins).not.toEqual([]);
    expect(Math.min(...joins), plan.join('\n')).toBeGreaterThan(gather);
  },
);
