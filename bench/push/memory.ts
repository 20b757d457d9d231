/** Pushes everything once, and tells how much memory this process has meanwhile. */
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { openBenchLedger, pushAll } from './service.ts';
import { openWorld } from './world.ts';

interface Input {
  readonly warehouse: WarehouseTarget;
  readonly ledger: LedgerTarget | null;
  readonly url: string;
  readonly iterations: number;
  readonly batchRows: number;
  readonly concurrency: number;
}

const sampleMilliseconds = 250;
const samplesTold = 12;

const {
  warehouse: target,
  url,
  iterations,
  batchRows,
  concurrency,
  ...input
}: Input = JSON.parse(process.argv[2] ?? '');
const warehouse = openWorld(target);
const ledger = openBenchLedger(input.ledger, batchRows);
await ledger.reads.countRuns({});
const megabytes: number[] = [];
const sample = () => void megabytes.push(Math.round(process.memoryUsage.rss() / 1_048_576));
sample();
const sampling = setInterval(sample, sampleMilliseconds);
const { recording, delivery } = await pushAll(warehouse, ledger, url, iterations, concurrency);
clearInterval(sampling);
sample();
const told = Array.from({ length: samplesTold }, (_, index) => {
  return megabytes[Math.round((index * (megabytes.length - 1)) / (samplesTold - 1))];
});
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const rate = Math.round((1000 * iterations) / (recording + delivery));
console.log(`  planning and recording ${seconds(recording)}, delivery ${seconds(delivery)}: ${rate} rows/s`);
console.log(`  memory (RSS) at the beginning, then evenly through the push: ${told.join(' ')} MB`);
console.log(`  peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
await ledger.close();
await warehouse.close();
