/**
 * Writes the demo data as the five CSV files that WAREHOUSE_CSV takes, to show their format or to create large data.
 *
 *   node scripts/demo-csv.ts <folder> [--scale 10]
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { demoFile } from '../src/embedded/demo/source.ts';
import { rawTables } from '../src/embedded/raw-tables.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '1' } },
});
const [folder] = positionals;
const scale = Number(values.scale);
if (folder === undefined || !(scale > 0)) {
  console.error('usage: node scripts/demo-csv.ts <folder> [--scale 10]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
for (const table of rawTables) {
  const file = join(folder, table.file);
  await pipeline(demoFile(table, scale), createWriteStream(file));
  console.log(file);
}
