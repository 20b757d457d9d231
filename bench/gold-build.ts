/**
 * Compares the time of the first build, and of its gold model, with plain joins: of the raw tables, and of the tables that
 * gold reads. First with a tenth of the data, so that it also shows how gold's time grows. Each statement writes a new table on
 * a temporary PostgreSQL; rounds alternate, and medians are compared. EXPLAIN=1 prints the plans.
 *
 *   node bench/gold-build.ts [conversions] [clicks] [rounds]      by default 1000000 4000000 3
 */
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { renderProjectOf } from '../src/embedded/dbt/project.ts';
import { renderTemplate } from '../src/embedded/dbt/render.ts';
import { buildOptions, openRawTables, project, runDbt } from './dbt.ts';
import { fillWorld, goldJoin, median, plainQuery, seconds, worldEnd } from './world.ts';

const [conversions = 1_000_000, clicks = 4_000_000, rounds = 3] = process.argv.slice(2).map(Number);
const asOf = worldEnd;
const [plain, join, gold] = [plainQuery(asOf), goldJoin(asOf), renderedGold()];

const server = await startPostgres(['-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'work_mem=64MB']).catch(
  exitWithReason,
);
try {
  const small = await measure('tenth', conversions / 10, clicks / 10, 200);
  const whole = await measure('whole', conversions, clicks, 2_000);
  console.log(`\nten times the data: ${(whole / small).toFixed(1)} x the time of gold`);
} finally {
  await server.stop();
}

/** Prints the times with so much data. Returns the seconds of gold. */
async function measure(name: string, conversions: number, clicks: number, strategies: number): Promise<number> {
  const client = await openRawTables(await server.createDatabase(name));
  try {
    await fillWorld(client, { conversions, clicks, strategies, iterationsPerStrategy: 12, withoutClickEvery: 100 });
    console.log(`\n${conversions.toLocaleString('en-US')} conversions, ${clicks.toLocaleString('en-US')} clicks`);
    const first = await runDbt(client, { asOf, startedAt: asOf });
    for (const { name, milliseconds, rows } of first.models) {
      console.log(`${name.padEnd(34)} ${(milliseconds / 1000).toFixed(2).padStart(7)} s ${rows ?? ''}`);
    }
    for (const sql of process.env.EXPLAIN ? [plain, join, gold] : []) {
      const { rows } = await client.query(`explain (analyze, buffers off) ${sql}`);
      console.log(rows.map((row) => row['QUERY PLAN']).join('\n'));
    }
    const create = (table: string, sql: string) => seconds(() => client.query(`create table ${table} as (${sql}\n)`));
    const times = { plain: [] as number[], join: [] as number[], gold: [] as number[], withIndexes: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.plain.push(await create('bench_plain', plain));
      times.join.push(await create('bench_join', join));
      times.gold.push(await create('bench_gold', gold));
      await client.query('drop table bench_plain, bench_join, bench_gold');
      const select = ['goal_complete_events_attributed'];
      times.withIndexes.push(await seconds(() => runDbt(client, { asOf, startedAt: asOf, select })));
    }
    const [plainTime, joinTime, goldTime] = [median(times.plain), median(times.join), median(times.gold)];
    const buildTime = first.milliseconds / 1000;
    console.log(`plain query      ${plainTime.toFixed(2)} s`);
    console.log(`plain join       ${joinTime.toFixed(2)} s, of the tables that gold reads`);
    console.log(`first build      ${buildTime.toFixed(2)} s, ${(buildTime / plainTime).toFixed(1)} x the plain query`);
    console.log(
      `gold             ${goldTime.toFixed(2)} s, ${(goldTime / joinTime).toFixed(2)} x the plain join, ` +
        `${(goldTime / plainTime).toFixed(2)} x the plain query`,
    );
    console.log(`gold and indexes ${median(times.withIndexes).toFixed(2)} s`);
    return goldTime;
  } finally {
    await client.end();
  }
}

/** The select of gold, as the build runs it. */
function renderedGold(): string {
  const model = project.models.find(({ name }) => name === 'goal_complete_events_attributed');
  if (!model) throw new Error('the gold model is missing');
  return renderTemplate(renderProjectOf(project), model.file, model.template, {
    ...buildOptions,
    startedAt: asOf,
    schema: 'attribution',
    thisName: model.name,
    vars: { as_of: asOf },
  }).sql;
}
