/**
 * How long a push takes beside two that keep no ledger, and how much memory it needs: a bare loop that posts the same
 * requests, made before its time is taken, and a script that reads the warehouse and posts as it goes.
 *
 *   node bench/push.ts [iterations] [rounds] [iterations of the memory's part]      by default 100000 3 1000000
 *
 * Everything is real: the service's parts, a warehouse on a PostgreSQL, the ledger on another database of it and then
 * embedded, and an AdSuite sandbox in a process of its own, a fresh one for each side. A round pushes everything for the first
 * time, then once more from a next build in which every iteration has changed; the rounds alternate, and medians are compared.
 */
import { readFileSync } from 'node:fs';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import type { Ledger } from '../src/db/ledger/connect.ts';
import type { LedgerTarget } from '../src/db/ledger/target.ts';
import { pushSource } from '../src/push/plan/source.ts';
import { makeBodies, postAll, readAndPost } from './push/bare.ts';
import { runScript, startReceiver } from './push/children.ts';
import { openBenchLedger, type PushTimes, pushAll } from './push/service.ts';
import { createWorld, openWorld, type World } from './push/world.ts';

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
  if (many > 0) await watchMemory();
} finally {
  await server.stop();
}

interface Measured extends PushTimes {
  /** All in milliseconds: reading the warehouse and making the requests, the bare loop over them, and the script. */
  readonly making: number;
  readonly bare: number;
  readonly script: number;
}

async function compare(): Promise<void> {
  const world = await createWorld(server, iterations);
  const warehouse = openWorld(world.target);
  const source = pushSource(warehouse);
  const side = async (kind: keyof typeof ledgerKinds, areRivalsFirst: boolean, times: [Measured[], Measured[]]) => {
    const receivers = [await startReceiver(), await startReceiver(), await startReceiver()] as const;
    const ledger: Ledger = openBenchLedger(await ledgerKinds[kind](), batchRows);
    // Opened, and its tables made, as a service that has been up for a while.
    await ledger.reads.countRuns({});
    const rivals = async () => {
      const [bodies, making] = await timed(() => makeBodies(source, batchRows));
      const [, posting] = await timed(() => postAll(receivers[0].url, bodies, concurrency));
      const [, script] = await timed(() => readAndPost(source, batchRows, receivers[1].url, concurrency));
      return { making, bare: posting, script };
    };
    const service = () => pushAll(warehouse, ledger, receivers[2].url, iterations, concurrency);
    for (const list of times) {
      const first = areRivalsFirst ? await rivals() : await service();
      const second = areRivalsFirst ? await service() : await rivals();
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
  const [bare, script] = [median(all.map((each) => each.bare)), median(all.map((each) => each.script))];
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
  line('script without a ledger', script);
  const times = (milliseconds: number) =>
    `${(milliseconds / bare).toFixed(2)} x the bare loop, ${(milliseconds / script).toFixed(2)} x the script`;
  line('push', total, times(total));
  line('of it planning and recording', recording, times(recording));
  line('of it delivery', delivery, times(delivery));
}

/**
 * A push of many, in a process that does nothing else: with Node's flags as the service is started with them, and in so small
 * a heap that whatever grew with the rows would end the process. The embedded ledger lies in the process itself, and takes the
 * smaller number of rows.
 */
async function watchMemory(): Promise<void> {
  const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const started = scripts.start.split(' ').filter((word: string) => word.startsWith('--'));
  const world = await createWorld(server, many);
  await push('PostgreSQL', world, started);
  await push('PostgreSQL', world, ['--max-old-space-size=128', '--max-semi-space-size=4']);
  if (iterations > 0) await push('embedded', await createWorld(server, iterations), started);

  async function push(kind: keyof typeof ledgerKinds, { target, iterations }: World, flags: readonly string[]) {
    console.log(`${iterations} iterations, ledger: ${kind}, ${flags.join(' ')}`);
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
