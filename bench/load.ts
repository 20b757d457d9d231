/**
 * Measures the service under load while its network breaks: two replicas of the built service on one PostgreSQL warehouse and
 * one ledger, with the AdSuite sandbox. Checks every answer. Needs Linux.
 *
 *   npm run bench:load [-- --seconds 60] [--connections 200] [--scale 0.1]
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { exitWithReason, reasonOf } from '../local/errors.ts';
import { Client } from './load/client.ts';
import { checkDelivery } from './load/delivery.ts';
import { breakNetwork, scheduleText } from './load/faults.ts';
import { counted, Figures } from './load/figures.ts';
import { MemorySamples, sampleSeconds } from './load/memory.ts';
import { Operator } from './load/operator.ts';
import { checkAnswers, prepare } from './load/preparation.ts';
import { runLoad } from './load/workers.ts';
import { adsuiteFaults, openWorld } from './load/world.ts';

const help = `Usage: npm run bench:load [-- options]

Starts two replicas of the service on one PostgreSQL warehouse with demo data and one PostgreSQL ledger, and sends requests
over kept-alive connections, first without faults, then with faults on a schedule:
${scheduleText};
AdSuite fails, clients disconnect before the answer, and one replica is stopped by SIGTERM and started again.

An operator pushes during that time. A client pauses for 250 ms after a failure. Prints latencies of right answers, failures by
status and code, the memory of each replica, and what AdSuite received.

Exits with 1 if an answer differs from the one that was given without faults, if a status or code is not a documented one for
these faults, if a running replica closes a connection, or if a pushed row was not applied exactly once.

  --seconds <n>      duration of the phase with faults; the phase without takes a third of it (default 60)
  --connections <n>  number of connections, half of them to each replica (default 200)
  --scale <n>        size of the demo data; 1 is 200,000 clicks (default 0.1)
  --help             print this text`;

const disconnectEvery = 25;
const warmUpSeconds = 3;
const recoverySeconds = 10;

const { seconds, connections, scale } = readArguments();
const problems = await run().catch(exitWithReason);
for (const problem of problems) console.log(`FAULT: ${problem}`);
console.log(problems.length === 0 ? 'No faults found.' : `${problems.length} faults found.`);
process.exitCode = problems.length === 0 ? 0 : 1;

function readArguments() {
  const option = (value: string) => ({ type: 'string', default: value }) as const;
  try {
    const options = { seconds: option('60'), connections: option('200'), scale: option('0.1') };
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const numbers = {
      seconds: Number(values.seconds),
      connections: Number(values.connections),
      scale: Number(values.scale),
    };
    if (Object.values(numbers).every((number) => number > 0)) return numbers;
  } catch {
    // An unknown option.
  }
  console.error(help);
  process.exit(2);
}

/** Returns what is not as it should be. */
async function run(): Promise<string[]> {
  console.log('Starting PostgreSQL, loading the demo data and starting two replicas');
  const world = await openWorld(scale, connections);
  const { replicas, sandbox } = world;
  const client = new Client();
  try {
    const before = new Operator('before', client, replicas, null);
    const { slices, ...load } = await prepare(client, replicas, before);
    console.log(`${load.expected.size} operations have the same answer from both replicas`);
    const problems: string[] = [];
    const all = { ...load, client, replicas, connections };

    await duringPhase(new Figures('warm-up'), warmUpSeconds, (figures, signal) =>
      runLoad({ ...all, disconnectEvery: null }, figures, signal),
    );
    const memory = new MemorySamples(replicas);
    const calm = await duringPhase(new Figures('without faults'), seconds / 3, (figures, signal) =>
      runLoad({ ...all, disconnectEvery: null }, figures, signal),
    );
    sandbox.setFaults(adsuiteFaults);
    const operations = new Figures('operator');
    const operator = new Operator('operator', client, replicas, operations);
    const broken = await duringPhase(new Figures('with faults'), seconds, async (figures, signal) => {
      await Promise.all([
        runLoad({ ...all, disconnectEvery }, figures, signal),
        breakNetwork(world.warehouse, world.ledger, signal),
        operator.work(slices, signal).catch((error) => problems.push(`operator: ${reasonOf(error)}`)),
        restartInTheMiddle(signal),
      ]);
      operations.end();
    });
    sandbox.setFaults([]);
    await delay(recoverySeconds * 1000);
    memory.stop();
    const recovery = await checkAnswers(client, replicas, load.expected).then(
      () => `${recoverySeconds} s after the faults, every operation has its right answer from both replicas`,
      (error) => {
        problems.push(reasonOf(error));
        return 'after the faults, answers are NOT right';
      },
    );
    const delivery = await checkDelivery(sandbox, client, replicas, [before, operator]);

    console.log(`\n${Figures.header}`);
    for (const phase of [calm, broken, operations]) console.log(phase.row());
    for (const phase of [calm, broken, operations]) {
      problems.push(...phase.examples);
      if (phase.faults > phase.examples.length) problems.push(`${phase.name}: ${phase.faults} in all`);
      if (phase.failures().length > 0) console.log([`\nfailures, ${phase.name}`, ...phase.failures()].join('\n'));
    }
    console.log([`\nmemory (RSS), every ${sampleSeconds} s`, ...memory.lines()].join('\n'));
    console.log(['\npushes', ...delivery.lines].join('\n'));
    console.log(`\n${recovery}`);
    console.log(['\nerrors in the logs', ...counted(replicas.flatMap(({ errors }) => errors))].join('\n'));
    return [...problems, ...delivery.problems, ...replicas.flatMap(({ endings }) => endings)];
  } finally {
    client.close();
    await world.close();
  }

  /** A rolling deployment: replica B ends and comes back while the load and the faults go on. */
  async function restartInTheMiddle(signal: AbortSignal): Promise<void> {
    await delay((seconds * 1000) / 2, undefined, { signal });
    const { stopping, starting } = await replicas[1].restart();
    console.log(
      `replica B: ended ${stopping.toFixed(1)} s after SIGTERM, listened again after ${starting.toFixed(1)} s`,
    );
  }
}

/** Runs a phase for some seconds, and until its last answer. */
async function duringPhase(
  figures: Figures,
  seconds: number,
  work: (figures: Figures, signal: AbortSignal) => Promise<void>,
): Promise<Figures> {
  await work(figures, AbortSignal.timeout(seconds * 1000));
  figures.end();
  return figures;
}
