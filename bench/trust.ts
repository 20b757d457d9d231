/**
 * Measures what the history of attributions costs, and how fast the service answers from it, on a temporary PostgreSQL: the
 * first build, then builds after about 1 % of the conversions have changed (offers moved, payouts corrected, clicks arrived), each
 * beside the plain join of the same data. Then the built service reads the changes of the last build, and explains single
 * conversions. At last most conversions change, and it reads the changes again.
 */
import { parseArgs } from 'node:util';
import { exitWithReason } from '../local/errors.ts';
import type { PostgresConnection } from '../local/postgres/server.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { rawIndexes } from '../src/embedded/raw-tables.ts';
import { openRawTables, runDbt } from './dbt.ts';
import { Replica } from './load/replica.ts';
import { measureChanges, measureExplanations } from './trust/service.ts';
import { changeMost, changeWorld } from './trust/world.ts';
import { fillWorld, median, plainQuery, seconds, worldEnd } from './world.ts';

const help = `Usage: npm run bench:trust [-- options]

  --conversions <n>  number of conversions, at least 1,000 (default 500,000)
  --clicks <n>       number of clicks (default four times the conversions)
  --builds <n>       builds after the first, 1 to 14, each with 1 % of the conversions changed (default 10)
  --help             print this text`;

const { conversions, clicks, builds } = readArguments();
const history = 'attribution_history';
const hour = 3_600_000;
const timeOf = (build: number) => new Date(Date.parse(worldEnd) + build * hour).toISOString();

const server = await startPostgres(['-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'work_mem=64MB']).catch(
  exitWithReason,
);
const client = await openRawTables(server.connection);
try {
  const size = { conversions, clicks, strategies: 2_000, iterationsPerStrategy: 12, withoutClickEvery: 20 };
  await fillWorld(client, size);
  // Builds after the first read only new rows with the indexes that docs/attribution.md requires.
  for (const [table, indexes] of Object.entries(rawIndexes)) {
    for (const [name, key] of indexes) await client.query(`create index ${name} on ${table} (${key})`);
  }
  await client.query('vacuum analyze');
  console.log(`${conversions.toLocaleString('en-US')} conversions, ${clicks.toLocaleString('en-US')} clicks`);
  print('first build', [await build(0)]);
  const later: Cost[] = [];
  for (let number = 1; number <= builds; number += 1) {
    await changeWorld(client, size, number, timeOf(number));
    later.push(await build(number));
  }
  print(`median of ${builds}`, later);
  const rows = await count(`attribution.${history}`);
  const gold = await count('attribution.goal_complete_events_attributed');
  console.log(`rows               ${rows} of history, ${gold} of gold: ${(rows / gold).toFixed(3)} x`);
  await client.query('vacuum analyze');
  await measureService(`build-${builds - 1}`, true);
  await changeMost(client);
  print('most changed', [await build(builds + 1)]);
  await client.query('vacuum analyze');
  await measureService(`build-${builds}`, false);
} finally {
  await client.end();
  await server.stop();
}

/** Seconds of a build, of its history, and of the plain query right after it. */
interface Cost {
  readonly all: number;
  readonly history: number;
  readonly plain: number;
}

async function build(number: number): Promise<Cost> {
  const asOf = timeOf(number);
  const { milliseconds, models } = await runDbt(client, { asOf, startedAt: asOf, invocationId: `build-${number}` });
  const model = models.find(({ name }) => name === history);
  const plain = await seconds(() => client.query(`create table bench_plain as (${plainQuery(asOf)})`));
  await client.query('drop table bench_plain');
  return { all: milliseconds / 1000, history: (model?.milliseconds ?? Number.NaN) / 1000, plain };
}

/** The medians, also of each build's ratio to the plain query. */
function print(name: string, costs: readonly Cost[]): void {
  const of = (value: (cost: Cost) => number) => median(costs.map(value));
  console.log(
    `${name.padEnd(18)} ${of(({ all }) => all).toFixed(2)} s, ${of(({ all, plain }) => all / plain).toFixed(1)} x the plain query ` +
      `(${of(({ plain }) => plain).toFixed(2)} s); ${history} ${of((cost) => cost.history).toFixed(2)} s, ` +
      `${of((cost) => cost.history / cost.plain).toFixed(2)} x`,
  );
}

async function count(table: string): Promise<number> {
  const { rows } = await client.query(`select count(*)::float8 as count from ${table}`);
  return rows[0].count;
}

async function measureService(since: string, explains: boolean): Promise<void> {
  const url = ({ user, password, host, port, database }: PostgresConnection) =>
    `postgres://${user}:${password}@${host}:${port}/${database}`;
  const service = await Replica.start('A', {
    WAREHOUSE_URL: url(server.connection),
    LEDGER_URL: url(await server.createDatabase(`ledger-${since}`)),
  });
  try {
    const changes = await measureChanges(service.origin, since);
    console.log(
      `changes            ${changes.rows} of the last build in ${changes.pages} pages, read in ${changes.seconds.toFixed(2)} s; ` +
        `a page p50 ${changes.pageMedian.toFixed(0)} ms, at most ${changes.pageMax.toFixed(0)} ms`,
    );
    if (!explains) return;
    const explained = await measureExplanations(service.origin, client);
    console.log(
      explained === null
        ? 'explainAttribution is not in the schema of this service.'
        : `explainAttribution p50 ${explained.p50.toFixed(1)} ms, p95 ${explained.p95.toFixed(1)} ms, ` +
            `${explained.statements.toFixed(1)} statements each`,
    );
  } finally {
    await service.stop();
  }
}

function readArguments() {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { conversions: text, clicks: text, builds: text, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const conversions = Number(values.conversions ?? 500_000);
    const numbers = {
      conversions,
      clicks: Number(values.clicks ?? 4 * conversions),
      builds: Number(values.builds ?? 10),
    };
    const areValid = Object.values(numbers).every((number) => Number.isInteger(number) && number > 0);
    if (areValid && conversions >= 1000 && numbers.builds <= 14) return numbers;
  } catch {
    // An unknown option.
  }
  console.error(help);
  process.exit(2);
}
