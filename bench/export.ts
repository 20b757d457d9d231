/**
 * Measures exports of all conversions by the built service from a temporary PostgreSQL: seconds, rows per second, processor time
 * and memory of the service. Each body is read to its end, and its rows are counted.
 */
import { parseArgs } from 'node:util';
import { exitWithReason } from '../local/errors.ts';
import type { PostgresConnection } from '../local/postgres/server.ts';
import { startPostgres } from '../local/postgres/temporary.ts';
import { openRawTables, runDbt } from './dbt.ts';
import { Replica } from './load/replica.ts';
import { fillWorld, worldEnd } from './world.ts';

const help = `Usage: npm run bench:export [-- options]

  --conversions <n>  number of conversions, at least 1,000 (default 500,000)
  --help             print this text`;

const sampleMilliseconds = 100;
const lineFeed = 10;

const fields = {
  narrow: 'id convertedAt status payout iterationId',
  wide:
    'id clickId goalReferenceId payout convertedAt clickedAt loadedAt campaignId status method secondsIntoIteration ' +
    'strategy { id name } iteration { id name createdAt } campaign { name }',
};

const cases = [
  { format: 'csv', of: 'narrow', encoding: 'identity' },
  { format: 'ndjson', of: 'narrow', encoding: 'identity' },
  { format: 'csv', of: 'wide', encoding: 'identity' },
  { format: 'ndjson', of: 'wide', encoding: 'identity' },
  { format: 'csv', of: 'wide', encoding: 'gzip' },
] as const;

const conversions = readArguments();
const server = await startPostgres(['-c', 'shared_buffers=1GB', '-c', 'max_wal_size=8GB', '-c', 'work_mem=64MB']).catch(
  exitWithReason,
);
try {
  const client = await openRawTables(server.connection);
  await fillWorld(client, {
    conversions,
    clicks: 2 * conversions,
    strategies: 2_000,
    iterationsPerStrategy: 12,
    withoutClickEvery: 20,
  });
  await runDbt(client, { asOf: worldEnd, startedAt: worldEnd });
  await client.query('vacuum analyze');
  await client.end();
  const url = ({ user, password, host, port, database }: PostgresConnection) =>
    `postgres://${user}:${password}@${host}:${port}/${database}`;
  const service = await Replica.start('A', {
    WAREHOUSE_URL: url(server.connection),
    LEDGER_URL: url(await server.createDatabase('ledger')),
  });
  try {
    console.log(`${conversions.toLocaleString('en-US')} conversions`);
    console.log('format  fields  encoding  seconds  rows/s   CPU s  MB sent  RSS MB: before, after each quarter, max');
    for (const each of cases) console.log(await measure(service, each));
  } finally {
    await service.stop();
  }
} finally {
  await server.stop();
}

async function measure(service: Replica, { format, of, encoding }: (typeof cases)[number]): Promise<string> {
  const before = service.megabytes() ?? 0;
  const quarters: number[] = [];
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, service.megabytes() ?? 0);
  }, sampleMilliseconds);
  const cpuBefore = service.cpuSeconds();
  const start = performance.now();
  let [rows, bytes] = [format === 'csv' ? -1 : 0, 0];
  try {
    const response = await fetch(`${service.origin}/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': encoding },
      body: JSON.stringify({ query: `{ conversions { nodes { ${fields[of]} } } }`, format }),
    });
    if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`);
    for await (const chunk of response.body) {
      bytes += chunk.length;
      // No cell of this world has a line break.
      for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) rows += 1;
      if (rows >= ((quarters.length + 1) * conversions) / 4) quarters.push(service.megabytes() ?? 0);
    }
  } finally {
    clearInterval(sampling);
  }
  const seconds = (performance.now() - start) / 1000;
  if (rows !== conversions) throw new Error(`${rows} rows instead of ${conversions}`);
  const cpu = service.cpuSeconds() - cpuBefore;
  const numbers = [
    seconds.toFixed(1).padStart(7),
    (rows / seconds).toFixed(0).padStart(7),
    cpu.toFixed(1).padStart(7),
    (bytes / 1e6).toFixed(0).padStart(8),
  ];
  return `${format.padEnd(7)} ${of.padEnd(7)} ${encoding.padEnd(9)} ${numbers.join(' ')}  ${before}, ${quarters.join(' ')}, ${most}`;
}

function readArguments(): number {
  try {
    const { values } = parseArgs({ options: { conversions: { type: 'string' }, help: { type: 'boolean' } } });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const conversions = Number(values.conversions ?? 500_000);
    if (Number.isInteger(conversions) && conversions >= 1_000) return conversions;
  } catch {
    // An unknown option.
  }
  console.error(help);
  process.exit(2);
}
