/**
 * Compares the time of the first build, and of its gold model, with that of the plain inner-join query. Each writes new tables
 * on a temporary PostgreSQL; rounds alternate, and medians are compared. EXPLAIN=1 prints both plans.
 *
 *   node bench/gold-build.ts [conversions] [clicks] [rounds]      by default 1000000 4000000 3
 */
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { renderProjectOf } from '../src/embedded/dbt/project.ts';
import { renderTemplate } from '../src/embedded/dbt/render.ts';
import { buildOptions, openRawTables, project, runDbt } from './dbt.ts';

const [conversions = 1_000_000, clicks = 4_000_000, rounds = 3] = process.argv.slice(2).map(Number);
const strategies = 2_000;
const iterationsPerStrategy = 12;
const asOf = '2026-07-01T00:00:00Z';

const server = await startPostgres(['-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'work_mem=64MB']).catch(
  exitWithReason,
);
const client = await openRawTables(server.connection);
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

// Half a year of clicks, ids in random order. One click in a thousand is a duplicate; one conversion in a hundred has none.
// A conversion is up to a day after its click.
await client.query(`
  insert into adsuite_mirror.strategies
    select n, 'strategy ' || n, n, '2026-01-01T00:00:00Z' from generate_series(1, ${strategies}) n;
  insert into adsuite_mirror.iterations
    select n, 1 + (n - 1) / ${iterationsPerStrategy}, null,
      timestamptz '2026-01-01T00:00:00Z' + ((n - 1) % ${iterationsPerStrategy}) * interval '15 days'
    from generate_series(1, ${strategies * iterationsPerStrategy}) n;
  insert into adgem.campaigns select n, 'campaign ' || n, n from generate_series(1, ${strategies}) n;
  insert into adgem.clicks
    select md5(n::text), 1 + floor(random() * ${strategies})::bigint,
      timestamptz '2026-01-01T00:00:00Z' + random() * interval '180 days', null, timestamptz '2026-06-30T00:00:00Z'
    from generate_series(1, ${clicks}) n;
  insert into adgem.clicks
    select click_id, campaign_id, "timestamp" + interval '1 second', null, loaded_at
    from adgem.clicks where random() < 0.001;
  insert into events.events
    select 'e' || md5(n::text), 'goal_complete', coalesce(click_id, md5('none' || n)), 'g' || n % 5, 1.25,
      coalesce("timestamp", timestamptz '2026-06-01T00:00:00Z') + random() * interval '1 day',
      timestamptz '2026-06-30T00:00:00Z'
    from (
      select n, case when n % 100 > 0 then md5((1 + floor(random() * ${clicks}))::bigint::text) end as chosen_id
      from generate_series(1, ${conversions}) n
    ) chosen
    left join (select distinct on (click_id) click_id, "timestamp" from adgem.clicks) clicks on click_id = chosen_id;
  analyze`);

const plain = `
  with iterations as (
    select *, lead(created_at) over (partition by strategy_id order by created_at, iteration_id) as next_created_at
    from adsuite_mirror.iterations
  )
  select gce.event_id, gce.click_id, gce.goal_reference_id, gce.payout, gce.converted_at, gce.loaded_at,
    clicks."timestamp" as click_timestamp, campaigns.id as campaign_id, strategies.id as strategy_id,
    iterations.iteration_id
  from attribution.goal_complete_events gce
  join adgem.clicks on clicks.click_id = gce.click_id
  join adgem.campaigns on campaigns.id = clicks.campaign_id
  join adsuite_mirror.strategies on campaigns.adaction_id = strategies.tune_offer_id
  join iterations on iterations.strategy_id = strategies.id
    and clicks."timestamp" >= iterations.created_at
    and clicks."timestamp" < coalesce(iterations.next_created_at, '${asOf}'::timestamptz)`;

try {
  const first = await runDbt(client, { asOf, startedAt: asOf });
  for (const { name, milliseconds, rows } of first.models) {
    console.log(`${name.padEnd(34)} ${(milliseconds / 1000).toFixed(2).padStart(7)} s ${rows ?? ''}`);
  }
  const model = project.models.find(({ name }) => name === 'goal_complete_events_attributed');
  if (!model) throw new Error('the gold model is missing');
  const gold = renderTemplate(renderProjectOf(project), model.file, model.template, {
    ...buildOptions,
    startedAt: asOf,
    schema: 'attribution',
    thisName: model.name,
    vars: { as_of: asOf },
  }).sql;
  if (process.env.EXPLAIN) {
    for (const sql of [plain, gold]) {
      const { rows } = await client.query(`explain (analyze, buffers off) ${sql}`);
      console.log(rows.map((row) => row['QUERY PLAN']).join('\n'));
    }
  }
  const times = { plain: [] as number[], gold: [] as number[], goldWithIndexes: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    times.plain.push(await seconds(() => client.query(`create table bench_plain as (${plain})`)));
    times.gold.push(await seconds(() => client.query(`create table bench_gold as (${gold}\n)`)));
    await client.query('drop table bench_plain, bench_gold');
    times.goldWithIndexes.push(await seconds(() => runDbt(client, { asOf, startedAt: asOf, select: [model.name] })));
  }
  const [plainTime, goldTime] = [median(times.plain), median(times.gold)];
  console.log(`plain query      ${plainTime.toFixed(2)} s`);
  const buildTime = first.milliseconds / 1000;
  console.log(`first build      ${buildTime.toFixed(2)} s, ${(buildTime / plainTime).toFixed(1)} x the plain query`);
  console.log(`gold             ${goldTime.toFixed(2)} s, ${(goldTime / plainTime).toFixed(2)} x the plain query`);
  console.log(`gold and indexes ${median(times.goldWithIndexes).toFixed(2)} s`);
} finally {
  await client.end();
  await server.stop();
}
