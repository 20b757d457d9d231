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
import { fillWorld, median, plainQuery, seconds, worldEnd } from './world.ts';

const [conversions = 1_000_000, clicks = 4_000_000, rounds = 3] = process.argv.slice(2).map(Number);
const asOf = worldEnd;

const server = await startPostgres(['-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'work_mem=64MB']).catch(
  exitWithReason,
);
const client = await openRawTables(server.connection);
await fillWorld(client, {
  conversions,
  clicks,
  strategies: 2_000,
  iterationsPerStrategy: 12,
  withoutClickEvery: 100,
});
const plain = plainQuery(asOf);

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
