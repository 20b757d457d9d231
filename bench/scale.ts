/**
 * Measures how a build's cost grows with the number of clicks: on a temporary PostgreSQL, the first build, and an hourly one
 * after 0.1 % more clicks and conversions. Prints seconds, and the rows that each model read.
 *
 *   node bench/scale.ts [millions of clicks, several] [--conversions 200000]
 *
 * Without --conversions, 5 % of the clicks have a conversion. By default 1 and 4 million clicks.
 */
import { parseArgs } from 'node:util';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { rawIndexes } from '../src/embedded/raw-tables.ts';
import { openRawTables, project, runDbt } from './dbt.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { conversions: { type: 'string' } } });
const sizes = positionals.length > 0 ? positionals.map(Number) : [1, 4];
const fixed = values.conversions === undefined ? null : Number(values.conversions);
if ([...sizes, fixed ?? 1].some((number) => !(number > 0))) {
  console.error('usage: node bench/scale.ts [millions of clicks, several] [--conversions 200000]');
  process.exit(2);
}

const strategies = 200;
const indexes = Object.entries(rawIndexes).flatMap(([table, keys]) =>
  keys.map(([name, key]) => ({ table, schema: table.split('.')[0], name, key })),
);
const firstBuild = '2026-07-01T00:00:00Z';
const hourlyBuild = '2026-07-01T01:00:00Z';

/** Clicks with these numbers, at random times; one in a thousand is there twice. */
const addClicks = (from: number, to: number, randomTime: string) => `
  with numbered as (select n, ${randomTime} as at from generate_series(${from}, ${to}) n)
  insert into adgem.clicks
    select md5(n::text), 1 + n % ${strategies}, at, null, at + interval '1 minute'
    from numbered cross join generate_series(1, case when n % 1000 = 0 then 2 else 1 end)`;
const halfYear = `timestamptz '2026-01-01T00:00:00Z' + random() * interval '180 days'`;
const lastHour = `timestamptz '${firstBuild}' + random() * interval '50 minutes'`;

/** Conversions with these numbers, of random clicks. */
const addConversions = (from: number, to: number, clicks: number, randomTime: string) => `
  with numbered as (select n, ${randomTime} as at from generate_series(${from}, ${to}) n)
  insert into events.events
    select 'e' || md5(n::text), 'goal_complete', md5((1 + floor(random() * ${clicks}))::bigint::text), 'g' || n % 5, 1.25, at, at
    from numbered`;

const server = await startPostgres(['-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'work_mem=64MB']).catch(
  exitWithReason,
);
const client = await openRawTables(server.connection);

interface Cost {
  readonly name: string;
  readonly seconds: number;
  readonly read: number;
}

/** Rows that scans of tables and indexes have returned so far; those of the catalog are few. */
async function rowsRead(): Promise<number> {
  await client.query('select pg_stat_force_next_flush()');
  const { rows } = await client.query(
    'select tup_returned::float8 as read from pg_stat_database where datname = current_database()',
  );
  return rows[0].read;
}

async function build(asOf: string): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const { name } of project.models) {
    const before = await rowsRead();
    const result = await runDbt(client, { asOf, startedAt: asOf, invocationId: asOf, select: [name] });
    costs.push({ name, seconds: result.milliseconds / 1000, read: (await rowsRead()) - before });
  }
  return costs;
}

const millions = (rows: number) => (rows / 1e6).toFixed(2).padStart(9);
const total = (costs: readonly Cost[], of: (cost: Cost) => number) => costs.reduce((sum, cost) => sum + of(cost), 0);

try {
  for (const size of sizes) {
    const clicks = Math.round(size * 1e6);
    const conversions = fixed ?? clicks / 20;
    await client.query(`
      drop schema if exists attribution cascade;
      truncate adsuite_mirror.strategies, adsuite_mirror.iterations, adgem.campaigns, adgem.clicks, events.events;
      ${indexes.map(({ schema, name }) => `drop index if exists ${schema}.${name}`).join(';\n')};
      insert into adsuite_mirror.strategies
        select n, 'strategy ' || n, n, '2026-01-01T00:00:00Z' from generate_series(1, ${strategies}) n;
      insert into adsuite_mirror.iterations
        select n, 1 + (n - 1) / 12, null, timestamptz '2026-01-01T00:00:00Z' + ((n - 1) % 12) * interval '15 days'
        from generate_series(1, ${strategies * 12}) n;
      insert into adgem.campaigns select n, 'campaign ' || n, n from generate_series(1, ${strategies}) n`);
    await client.query(addClicks(1, clicks, halfYear));
    await client.query(
      addConversions(1, conversions, clicks, `timestamptz '${firstBuild}' - random() * interval '90 days'`),
    );
    for (const { table, name, key } of indexes) await client.query(`create index ${name} on ${table} (${key})`);
    await client.query('vacuum analyze');
    const first = await build(firstBuild);
    const added = Math.ceil(clicks / 1000);
    await client.query(addClicks(clicks + 1, clicks + added, lastHour));
    await client.query(
      addConversions(
        conversions + 1,
        conversions + Math.ceil(conversions / 1000),
        clicks + added,
        `timestamptz '${hourlyBuild}' - random() * interval '5 minutes'`,
      ),
    );
    await client.query('analyze');
    const hourly = await build(hourlyBuild);
    console.log(`\n${size} million clicks, ${conversions.toLocaleString('en-US')} conversions`);
    console.log(`${''.padEnd(34)} first build: s   M rows   hourly build: s   M rows`);
    for (const [index, cost] of first.entries()) {
      const later = hourly[index];
      if (!later || cost.seconds + later.seconds < 0.1) continue;
      console.log(
        `${cost.name.padEnd(34)} ${cost.seconds.toFixed(2).padStart(13)}${millions(cost.read)} ${later.seconds.toFixed(2).padStart(16)}${millions(later.read)}`,
      );
    }
    console.log(
      `${'all models'.padEnd(34)} ${total(first, (cost) => cost.seconds)
        .toFixed(2)
        .padStart(13)}${millions(total(first, (cost) => cost.read))} ` +
        `${total(hourly, (cost) => cost.seconds)
          .toFixed(2)
          .padStart(16)}${millions(total(hourly, (cost) => cost.read))}`,
    );
  }
} finally {
  await client.end();
  await server.stop();
}
