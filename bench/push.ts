/**
 * Measures the time and the memory of a push. The time is compared with two baselines without a ledger: a loop that posts
 * the same requests, built in advance, and a script that reads the warehouse and posts while it reads.
 *
 *   node bench/push.ts [iterations] [rounds] [iterations of the memory test]      by default 100000 3 1000000
 *
 * Nothing is mocked: the service's own modules, a warehouse on PostgreSQL, the ledger first in another database there and then
 * embedded, and a new AdSuite sandbox in a separate process for each side. A round pushes everything for the first time, and
 * again from a next build in which every iteration has changed. The order alternates per round, and medians are compared.
 */
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import type { Ledger } from '../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../src/db/ledger/target.ts';
import { pushSource } from '../src/start/push-source.ts';
import { makeBodies, postAll, readAndPost } from './push/baseline.ts';
import { runScript, startReceiver } from './push/children.ts';
import { openBenchLedger, type PushTimes, pushAll } from './push/service.ts';
import { type BenchWarehouse, createWarehouse, openBenchWarehouse } from './push/warehouse.ts';

const [iterations = 100_000, rounds = 3, many = 1_000_000] = process.argv.slice(2).map(Number);
const batchRows = 1_000;
const concurrency = 4;

const server = await startPostgres(['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB']).catch(exitWithReason);
let ledgers = 0;
const ledgerKinds = {
  PostgreSQL: async (): Promise<LedgerTarget> => {
    ledgers += 1;
    const { host, port, user, password, database } = await server.createDatabase(`ledger_${ledgers}`);
    return { dialect: 'postgres', host, port, database, login: { user, password }, tls: null };
  },
  embedded: async () => null,
};

try {
  if (iterations > 0) await compare();
  if (many > 0) await measureMemory();
} finally {
  await server.stop();
}

interface Measured extends PushTimes {
  /** Milliseconds to read the warehouse and build the requests, to post them in a loop, and of the script. */
  readonly building: number;
  readonly loop: number;
  readonly script: number;
}

async function compare(): Promise<void> {
  const database = await createWarehouse(server, iterations);
  const warehouse = openBenchWarehouse(database.target);
  const source = pushSource(warehouse);
  const side = async (kind: keyof typeof ledgerKinds, isBaselineFirst: boolean, times: [Measured[], Measured[]]) => {
    const receivers = [await startReceiver(), await startReceiver(), await startReceiver()] as const;
    const ledger: Ledger = openBenchLedger(await ledgerKinds[kind](), batchRows);
    // Connects and creates the tables, so that the measured push does not.
    await ledger.reads.countRuns({});
    const baselines = async () => {
      const [bodies, building] = await timed(() => makeBodies(source, batchRows));
      const [, loop] = await timed(() => postAll(receivers[0].url, bodies, concurrency));
      const [, script] = await timed(() => readAndPost(source, batchRows, receivers[1].url, concurrency));
      return { building, loop, script };
    };
    const service = () => pushAll(warehouse, ledger, receivers[2].url, iterations, concurrency);
    for (const list of times) {
      const first = isBaselineFirst ? await baselines() : await service();
      const second = isBaselineFirst ? await service() : await baselines();
      list.push({ ...first, ...second } as Measured);
      await database.rebuild();
    }
    await ledger.close();
    for (const receiver of receivers) await receiver.stop();
  };
  for (const kind of Object.keys(ledgerKinds) as (keyof typeof ledgerKinds)[]) {
    const times: [Measured[], Measured[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) await side(kind, round % 2 === 0, times);
    console.log(
      `${iterations} iterations, ${batchRows} per request, ${concurrency} concurrent requests, ledger: ${kind}`,
    );
    printTimes('first push', times[0]);
    printTimes('all changed', times[1]);
  }
  await warehouse.close();
}

function printTimes(what: string, all: readonly Measured[]): void {
  const [loop, script] = [median(all.map((each) => each.loop)), median(all.map((each) => each.script))];
  const [recording, delivery] = [median(all.map((each) => each.recording)), median(all.map((each) => each.delivery))];
  const total = median(all.map((each) => each.recording + each.delivery));
  const line = (name: string, milliseconds: number, rest = '') => {
    const rate = Math.round((1000 * iterations) / milliseconds);
    console.log(
      `  ${`${what}, ${name}`.padEnd(36)} ${(milliseconds / 1000).toFixed(2).padStart(6)} s ${String(rate).padStart(7)} rows/s ${rest}`,
    );
  };
  const building = median(all.map((each) => each.building));
  line('loop', loop, `(after ${(building / 1000).toFixed(2)} s to read the warehouse and build the requests)`);
  line('script without a ledger', script);
  const times = (milliseconds: number) =>
    `${(milliseconds / loop).toFixed(2)} x the loop, ${(milliseconds / script).toFixed(2)} x the script`;
  line('push', total, times(total));
  line('planning and recording', recording, times(recording));
  line('delivery', delivery, times(delivery));
}

/**
 * Pushes many rows in a separate process, in the service's thread of pushes. The embedded ledger is in that process itself, so it
 * gets the smaller number of rows.
 */
async function measureMemory(): Promise<void> {
  await push('PostgreSQL', await createWarehouse(server, many));
  if (iterations > 0) await push('embedded', await createWarehouse(server, iterations));

  async function push(kind: keyof typeof ledgerKinds, { target, iterations }: BenchWarehouse) {
    console.log(`${iterations} iterations, ledger: ${kind}`);
    const receiver = await startReceiver();
    const input = { warehouse: target, ledger: await ledgerKinds[kind](), url: receiver.url };
    await runScript('memory.ts', { ...input, iterations, batchRows, concurrency });
    await receiver.stop();
  }
}

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const start = performance.now();
  const result = await work();
  return [result, performance.now() - start];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
