/**
 * How long a push takes beside a bare loop that posts the same batches without a ledger, and how much memory it needs.
 *
 *   node bench/push.ts [iterations] [rounds] [iterations of the memory's part]      by default 100000 3 1000000
 *
 * Everything is real: the service's parts, a warehouse on a PostgreSQL, the ledger on another database of it and then
 * embedded, and an AdSuite sandbox in a process of its own, a fresh one for each side. A round pushes everything for the first
 * time, then once more from a next build in which every iteration has changed; the rounds alternate, and medians are compared.
 * The bare loop's requests are made before its time is taken.
 */
import type { Ledger } from '../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../src/db/ledger/target.ts';
import { pushSource } from '../src/push/source.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { makeBodies, postAll } from './push/bare.ts';
import { runScript, startReceiver } from './push/children.ts';
import { openBenchLedger, type PushTimes, pushAll } from './push/service.ts';
import { createWorld, openWorld, type World } from './push/world.ts';

const [iterations = 100_000, rounds = 3, many = 1_000_000] = process.argv.slice(2).map(Number);
const batchRows = 1_000;
const concurrency = 4;

const server = await startPostgres(['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB']);
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
  if (many > 0) await watchMemory();
} finally {
  await server.stop();
}

interface Measured extends PushTimes {
  /** All in milliseconds: reading the warehouse and making the requests, and the bare loop over them. */
  readonly making: number;
  readonly bare: number;
}

async function compare(): Promise<void> {
  const world = await createWorld(server, iterations);
  const warehouse = openWorld(world.target);
  const source = pushSource(warehouse);
  const side = async (kind: keyof typeof ledgerKinds, isBareFirst: boolean, times: [Measured[], Measured[]]) => {
    const receivers = [await startReceiver(), await startReceiver()] as const;
    const ledger: Ledger = openBenchLedger(await ledgerKinds[kind](), batchRows);
    // Opened, and its tables made, as a service that has been up for a while.
    await ledger.reads.countRuns({});
    const bare = async () => {
      const [bodies, making] = await timed(() => makeBodies(source, batchRows));
      const [, posting] = await timed(() => postAll(receivers[0].url, bodies, concurrency));
      return { making, bare: posting };
    };
    const service = () => pushAll(warehouse, ledger, receivers[1].url, iterations, concurrency);
    for (const list of times) {
      const first = isBareFirst ? await bare() : await service();
      const second = isBareFirst ? await service() : await bare();
      list.push({ ...first, ...second } as Measured);
      await world.rebuild();
    }
    await ledger.close();
    for (const receiver of receivers) await receiver.stop();
  };
  for (const kind of Object.keys(ledgerKinds) as (keyof typeof ledgerKinds)[]) {
    const times: [Measured[], Measured[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) await side(kind, round % 2 === 0, times);
    console.log(`${iterations} iterations, ${batchRows} a request, ${concurrency} at a time, ledger: ${kind}`);
    tell('first push', times[0]);
    tell('all changed', times[1]);
  }
  await warehouse.close();
}

function tell(what: string, all: readonly Measured[]): void {
  const bare = median(all.map((each) => each.bare));
  const [recording, delivery] = [median(all.map((each) => each.recording)), median(all.map((each) => each.delivery))];
  const total = median(all.map((each) => each.recording + each.delivery));
  const line = (name: string, milliseconds: number, rest = '') => {
    const rate = Math.round((1000 * iterations) / milliseconds);
    console.log(
      `  ${`${what}, ${name}`.padEnd(36)} ${(milliseconds / 1000).toFixed(2).padStart(6)} s ${String(rate).padStart(7)} rows/s ${rest}`,
    );
  };
  const making = median(all.map((each) => each.making));
  line('bare loop', bare, `(and ${(making / 1000).toFixed(2)} s before, to read the warehouse and make the requests)`);
  line(
    'push',
    total,
    `${(total / bare).toFixed(2)} x the bare loop, ${(total / (bare + making)).toFixed(2)} x with what is before it`,
  );
  line('of it planning and recording', recording);
  line('of it delivery', delivery, `${(delivery / bare).toFixed(2)} x the bare loop`);
}

/**
 * A push of many, in a process that does nothing else: as Node is by default, which collects garbage late where the machine
 * has memory to spare, and with so little of it that whatever grew with the rows would end the process. The embedded ledger
 * lies in the process itself, and takes the smaller number of rows.
 */
async function watchMemory(): Promise<void> {
  const small = ['--max-old-space-size=128', '--max-semi-space-size=4'];
  const world = await createWorld(server, many);
  await push('PostgreSQL', world, small);
  await push('PostgreSQL', world, []);
  if (iterations > 0) await push('embedded', await createWorld(server, iterations), []);

  async function push(kind: keyof typeof ledgerKinds, { target, iterations }: World, flags: readonly string[]) {
    console.log(`${iterations} iterations, ledger: ${kind}, ${flags.join(' ') || 'Node by default'}`);
    const receiver = await startReceiver();
    const input = { warehouse: target, ledger: await ledgerKinds[kind](), url: receiver.url };
    await runScript('memory.ts', { ...input, iterations, batchRows, concurrency }, flags);
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
