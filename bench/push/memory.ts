/** Pushes everything once in the service's thread of pushes, and prints the memory of this process during the push. */
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { peakMemory } from './peak-memory.ts';
import { openBenchLedger, openEmbedded, pushAllInThread } from './service.ts';

interface Input {
  readonly warehouse: WarehouseTarget;
  readonly ledger: LedgerTarget | null;
  readonly url: string;
  readonly iterations: number;
  readonly batchRows: number;
  readonly concurrency: number;
}

const sampleMilliseconds = 250;
const printedSamples = 12;

const { ledger: server, ...input }: Input = JSON.parse(process.argv[2] ?? '');
const { iterations, batchRows } = input;
const place = server === null ? await openEmbedded() : { target: server, close: async () => {} };
const ledger = openBenchLedger(place.target, batchRows);
await ledger.reads.countRuns({});
const megabytes: number[] = [];
const sample = () => void megabytes.push(Math.round(process.memoryUsage.rss() / 1_048_576));
sample();
const sampling = setInterval(sample, sampleMilliseconds);
const { recording, delivery } = await pushAllInThread(ledger, { ...input, ledger: place.target });
clearInterval(sampling);
sample();
const printed = Array.from({ length: printedSamples }, (_, index) => {
  return megabytes[Math.round((index * (megabytes.length - 1)) / (printedSamples - 1))];
});
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const rate = Math.round((1000 * iterations) / (recording + delivery));
console.log(`  planning and recording ${seconds(recording)}, delivery ${seconds(delivery)}: ${rate} rows/s`);
console.log(`  memory (RSS), sampled evenly during the push: ${printed.join(' ')} MB`);
console.log(`  peak ${peakMemory()} MB`);
await ledger.close();
await place.close();
