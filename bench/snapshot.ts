/**
 * Measures the snapshot of a build of the demo data, on a temporary PostgreSQL: its fill, how long the fill holds up requests, its
 * memory beside the estimate, and some reads from it beside the same reads with SQL.
 *
 *   npm run bench:snapshot [-- scales of the demo, several]
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { threadCpuUsage } from 'node:process';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { watchBuilds } from '../src/db/warehouse/build-watch.ts';
import { openWarehouse } from '../src/db/warehouse/connect.ts';
import { createLoaders, type WarehouseLoaders } from '../src/db/warehouse/loaders.ts';
import { newestBuild } from '../src/db/warehouse/queries/builds.ts';
import { openSnapshots, type SnapshotFill, type Snapshots } from '../src/db/warehouse/snapshots.ts';
import { createDemoWarehouse } from './load/warehouse.ts';

const scales = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10];
const { gc } = globalThis;
if (!gc || scales.some((scale) => !(scale > 0))) {
  console.error('usage: npm run bench:snapshot [-- scales of the demo, several]');
  process.exit(2);
}

const attributed = { status: ['ATTRIBUTED' as const] };
const month = { convertedBetween: { from: '2026-02-01T00:00:00.000000Z', to: '2026-03-01T00:00:00.000000Z' } };

/** Twenty strategies with all their iterations, and the metrics of each. */
async function strategyReport(loaders: WarehouseLoaders): Promise<void> {
  const order = { field: 'ID', direction: 'ASC' } as const;
  const { rows } = await loaders.strategies.page({}, order, { first: 20, after: null });
  const page = { first: 100, after: null };
  const lists = await Promise.all(rows.map(({ id }) => loaders.iterationsOf({ filter: {}, order, page }, id)));
  const query = { dimensions: ['ITERATION' as const], filter: attributed };
  const iterations = lists.flatMap((list) => list.rows);
  await Promise.all(iterations.map(async ({ id }) => loaders.aggregateOf(query, [id])));
  await Promise.all(
    iterations.map(async ({ id }) => loaders.clicksOf({ dimensions: ['ITERATION'], filter: clicks }, [id])),
  );
}

const clicks = { iterationIds: null, strategyIds: null, period: null, isDaily: true, timeZone: null };

/** Groups by day and strategy for a month. */
async function monthByDay(loaders: WarehouseLoaders): Promise<void> {
  const query = { dimensions: ['DAY' as const, 'STRATEGY' as const], filter: { ...attributed, ...month } };
  await loaders.groups.page(query, { field: 'KEY', direction: 'ASC' }, { first: 1000, after: null });
  await loaders.groups.count(query);
}

const reads = { strategyReport, monthByDay } as const;
const rounds = 30;

const used = (): number => {
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
const milliseconds = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(1)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Measures how long the event loop is held up, also without the time in which other programs had the processor. */
function watchEventLoop() {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let [isOver, longest, since] = [false, 0, threadCpuUsage()];
  const turn = () => {
    const used = threadCpuUsage(since);
    longest = Math.max(longest, (used.user + used.system) * 1000);
    since = threadCpuUsage();
    if (!isOver) setImmediate(turn);
  };
  delay.enable();
  setImmediate(turn);
  return () => {
    isOver = true;
    delay.disable();
    const [most, p99, cpu] = [delay.max, delay.percentile(99), longest].map(milliseconds);
    return `requests wait for ${most} at most, ${p99} at p99; the longest work takes ${cpu} of CPU time`;
  };
}

for (const scale of scales) {
  const server = await startPostgres(['-c', 'shared_buffers=256MB']).catch(exitWithReason);
  const { host, port, database, user, password } = await createDemoWarehouse(server, scale);
  let statements = 0;
  const warehouse = openWarehouse({
    target: { dialect: 'postgres', host, port, database, login: { kind: 'password', user, password }, tls: null },
    maxConnections: 8,
    waitMilliseconds: 10_000,
    statementMilliseconds: 300_000,
    onStatement: () => {
      statements += 1;
    },
    onConnectionLost: () => {},
  });
  const build = await newestBuild(warehouse);
  const before = used();
  const fills: SnapshotFill[] = [];
  const snapshots = openSnapshots({
    warehouse,
    maxBytes: 2 ** 32,
    clock: () => performance.now(),
    onFill: (fill) => fills.push(fill),
  });
  statements = 0;
  const loop = watchEventLoop();
  snapshots.noticed(build);
  await snapshots.settled();
  const heldUp = loop();
  const [fill] = fills;
  console.log(
    `scale ${scale}: ${fill?.outcome} after ${Math.round(fill?.milliseconds ?? 0)} ms, ${statements} statements`,
  );
  console.log(`  ${heldUp}`);
  const { current } = snapshots.state();
  const taken = used() - before;
  console.log(`  ${current?.rows} rows, ${megabytes(taken)} in memory, estimated as ${megabytes(current?.bytes ?? 0)}`);
  const builds = watchBuilds({
    read: () => newestBuild(warehouse),
    maxAgeMilliseconds: 3_600_000,
    clock: () => performance.now(),
  });
  await builds.newest();
  for (const [name, read] of Object.entries(reads)) {
    for (const [source, own] of [
      ['snapshot', snapshots],
      ['SQL', null],
    ] as [string, Snapshots | null][]) {
      const times: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        statements = 0;
        const startedAt = performance.now();
        await read(createLoaders(warehouse, builds, new AbortController().signal, own));
        times.push(performance.now() - startedAt);
      }
      const median = times.toSorted((one, other) => one - other)[rounds / 2] ?? 0;
      console.log(`  ${name} from ${source}: ${median.toFixed(2)} ms, ${statements} statements`);
    }
  }
  await snapshots.close();
  await warehouse.close();
  await server.stop();
}
