/**
 * Measures loading and attribution in the embedded warehouse, for each scale in a separate process and data folder.
 *
 *   node bench/embedded-load.ts [scale ...]      by default 0.5 and 5; scale 1 is 200,000 clicks and 53,000 events
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoEnd } from '../local/demo-end.ts';
import { openEmbeddedWarehouse } from '../src/embedded/index.ts';
import { rawTables } from '../src/embedded/raw-tables.ts';
import { peakMemory } from './push/peak-memory.ts';

const [first, ...more] = process.argv.slice(2);
if (first === 'child') await child(more[0] ?? '', more[1] ?? '');
else for (const scale of first === undefined ? ['0.5', '5'] : [first, ...more]) compare(scale);

function compare(scale: string): void {
  const root = mkdtempSync(join(tmpdir(), 'bench-embedded-'));
  const csvFolder = join(root, 'csv');
  try {
    const program = join(import.meta.dirname, '../scripts/demo-csv.ts');
    run([program, csvFolder, '--scale', scale, '--end', demoEnd], 'ignore');
    console.log(`scale ${scale}: first start`);
    run([import.meta.filename, 'child', join(root, 'data'), csvFolder], 'inherit');
    console.log(`scale ${scale}: second start`);
    run([import.meta.filename, 'child', join(root, 'data'), csvFolder], 'inherit');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function run(args: string[], stdout: 'ignore' | 'inherit'): void {
  const { status, signal } = spawnSync(process.execPath, args, { stdio: ['ignore', stdout, 'inherit'] });
  if (status !== 0) throw new Error(`${args[0]} ended with ${status ?? signal}`);
}

async function child(dataDir: string, csvFolder: string): Promise<void> {
  const files = new Set(rawTables.map((table) => table.file));
  const warehouse = await openEmbeddedWarehouse({
    dataDir,
    csvFolder,
    dbtFolder: join(import.meta.dirname, '../warehouse/dbt'),
    now: () => new Date(),
    onFailure: (error) => {
      throw error;
    },
    report: (line) => {
      const [file = ''] = line.trim().split(':');
      if (/^(Loaded|Attributed) /.test(line) || (files.has(file) && !line.includes('%')))
        console.log(`  ${line.trim()}`);
    },
  });
  console.log(`  open after ${process.uptime().toFixed(1)} s`);
  await warehouse.close();
  console.log(`  peak memory ${peakMemory()} MB`);
}
