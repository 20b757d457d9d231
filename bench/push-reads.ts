/**
 * Measures what a push costs reads: the built service on PostgreSQL answers reads at a steady rate, first alone, then while it pushes
 * all iterations to an AdSuite sandbox in another process. Prints the latencies of both, and the memory of the service.
 *
 *   node bench/push-reads.ts [--iterations 100000] [--rounds 3] [--seconds 10] [--per-second 50] [--no-snapshot]
 *
 * The service must be built (`npm run build`). Needs Linux.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { exitWithReason } from '../local/errors.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { Client, operation } from './load/client.ts';
import { Replica } from './load/replica.ts';
import { startReceiver, token } from './push/children.ts';
import { createWarehouse } from './push/warehouse.ts';

const { values } = parseArgs({
  options: {
    iterations: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    /** Duration of the phase without a push. */
    seconds: { type: 'string', default: '10' },
    /** Reads. */
    'per-second': { type: 'string', default: '50' },
    /** Without the snapshot of the build, the memory is that of the push alone. */
    'no-snapshot': { type: 'boolean', default: false },
  },
});
const [iterations, rounds, seconds, perSecond] = [
  values.iterations,
  values.rounds,
  values.seconds,
  values['per-second'],
].map(Number) as [number, number, number, number];

const readDocument = `query Read($id: ID!) { iteration(id: $id) { id createdAt endedAt metrics { clicks conversions payout } } }`;
const pushDocument = `mutation Push($input: PushMetricsInput!) { pushMetrics(input: $input) { id state counts { accepted } } }`;
const runDocument = `query Run($id: ID!) { pushRun(id: $id) { id state counts { accepted } } }`;
const sampleMilliseconds = 250;
const printedSamples = 12;

interface Run {
  readonly id: string;
  readonly state: string;
  readonly counts: { readonly accepted: number };
}

const client = new Client();
const server = await startPostgres(['-c', 'shared_buffers=512MB', '-c', 'max_wal_size=4GB']).catch(exitWithReason);
const receiver = await startReceiver();
let replica = null as Replica | null;
try {
  await measure();
} finally {
  await replica?.stop();
  client.close();
  await receiver.stop();
  await server.stop();
}

async function measure(): Promise<void> {
  const { target } = await createWarehouse(server, iterations);
  const ledger = await server.createDatabase('ledger');
  const url = (database: string) =>
    `postgres://${ledger.user}:${ledger.password}@127.0.0.1:${ledger.port}/${database}?sslmode=disable`;
  replica = await Replica.start('service', {
    WAREHOUSE_URL: url(target.database),
    LEDGER_URL: url(ledger.database),
    ADSUITE_URL: receiver.url,
    ADSUITE_TOKEN: token,
    PUSH_BATCH_ROWS: '1000',
    // The mirror of a benchmark is never refreshed.
    STALE_AFTER_MINUTES: '525600',
    ...(values['no-snapshot'] ? { SNAPSHOT_MAX_MB: '0', KEPT_ANSWERS_MAX_MB: '0' } : {}),
  });
  if (!values['no-snapshot']) await snapshotFilled(replica.origin);
  await during(delay(2_000));
  const [calm, pushing]: [number[], number[]] = [[], []];
  console.log(`${iterations} iterations, ${perSecond} reads per second`);
  for (let round = 0; round < rounds; round += 1) {
    const alone = await during(delay(seconds * 1000));
    const start = performance.now();
    const busy = await during(push());
    calm.push(...alone.milliseconds);
    pushing.push(...busy.milliseconds);
    const lasted = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`  reads alone                      ${latencies(alone.milliseconds)}`);
    console.log(`  reads during a push of ${lasted.padStart(5)} s   ${latencies(busy.milliseconds)}`);
    console.log(
      `  memory (RSS) during the push     ${evenly(busy.megabytes)}, at most ${Math.max(...busy.megabytes)} MB`,
    );
  }
  const ratio = percentile(pushing, 0.99) / percentile(calm, 0.99);
  console.log(`  all rounds: alone ${latencies(calm)}; during a push ${latencies(pushing)}; p99 ${ratio.toFixed(2)} x`);
}

async function snapshotFilled(origin: string): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${origin}/metrics`)).text();
    if (/attribution_snapshot_fills_total\{outcome="(COMPLETE|PARTIAL)"\} 1/.test(metrics)) return;
    await delay(500);
  }
}

/** Pushes all iterations, also those that AdSuite has, and waits for the end of the run. */
async function push(): Promise<void> {
  const input = { resend: true, override: { reason: 'a benchmark' }, waitSeconds: 0 };
  let run = await ask<Run>('pushMetrics', pushDocument, { input });
  while (run.state === 'RUNNING') {
    await delay(500);
    run = await ask<Run>('pushRun', runDocument, { id: run.id });
  }
  if (run.state !== 'SUCCEEDED' || run.counts.accepted !== iterations) throw new Error(JSON.stringify(run));
}

async function ask<Data>(field: string, query: string, variables: object): Promise<Data> {
  const outcome = await client.send(replica?.origin ?? '', operation(field, query, variables));
  const data = outcome.kind === 'answer' ? (outcome.answer.data as Record<string, Data> | undefined) : undefined;
  if (!data?.[field]) throw new Error(JSON.stringify(outcome));
  return data[field];
}

/** Sends reads at a steady rate until the work ends. A latency counts from when the read was due. */
async function during(work: Promise<unknown>): Promise<{ milliseconds: number[]; megabytes: number[] }> {
  const [milliseconds, megabytes]: [number[], number[]] = [[], []];
  let isOver = false;
  const ended = work.finally(() => {
    isOver = true;
  });
  const sampling = setInterval(() => megabytes.push(replica?.megabytes() ?? 0), sampleMilliseconds);
  const reads: Promise<void>[] = [];
  const start = performance.now();
  for (let sent = 0; !isOver; sent += 1) {
    const due = start + (sent * 1000) / perSecond;
    await delay(Math.max(0, due - performance.now()));
    const id = String(1 + Math.floor(Math.random() * iterations));
    reads.push(ask('iteration', readDocument, { id }).then(() => void milliseconds.push(performance.now() - due)));
  }
  await Promise.all([ended, ...reads]);
  clearInterval(sampling);
  return { milliseconds, megabytes };
}

function percentile(all: readonly number[], share: number): number {
  return all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1] ?? Number.NaN;
}

function latencies(all: readonly number[]): string {
  const at = (share: number) => `${percentile(all, share).toFixed(1)} ms`;
  return `p50 ${at(0.5)}, p99 ${at(0.99)} (${all.length} reads)`;
}

function evenly(samples: readonly number[]): string {
  const at = (index: number) => samples[Math.round((index * (samples.length - 1)) / (printedSamples - 1))];
  return Array.from({ length: printedSamples }, (_, index) => at(index)).join(' ');
}
