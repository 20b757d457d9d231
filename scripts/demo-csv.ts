/**
 * Writes the demo data as the five CSV files that WAREHOUSE_CSV takes, to show their format or to create large data.
 *
 *   node scripts/demo-csv.ts <folder> [--scale 10] [--end 2026-06-29]
 *
 * The data end when the UTC day --end begins; by default at the last midnight.
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { codeOf, exitWithReason, LocalError, reasonOf } from '../local/errors.ts';
import { demoFile } from '../src/embedded/demo/source.ts';
import { dayOf } from '../src/embedded/demo/time.ts';
import { rawTables } from '../src/embedded/raw-tables.ts';

const { folder, scale, end } = readArguments();
await writeFiles().catch((error) => exitWithReason(cannotWrite(error)));

function readArguments(): { folder: string; scale: number; end: string } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { scale: { type: 'string', default: '1' }, end: { type: 'string', default: dayOf(new Date()) } },
    });
    const [folder] = positionals;
    const scale = Number(values.scale);
    const { end } = values;
    const isScale = scale > 0 && scale < Number.POSITIVE_INFINITY;
    if (folder !== undefined && positionals.length === 1 && isScale && isDay(end)) return { folder, scale, end };
  } catch {
    // An unknown option.
  }
  console.error('usage: node scripts/demo-csv.ts <folder> [--scale 10] [--end 2026-06-29]');
  process.exit(2);
}

function isDay(text: string): boolean {
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && dayOf(date) === text;
}

async function writeFiles(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const table of rawTables) {
    const file = join(folder, table.file);
    await pipeline(demoFile(table, { end, scale }), createWriteStream(file));
    console.log(file);
  }
}

/** An error of the file system has a code. */
function cannotWrite(error: unknown): unknown {
  if (codeOf(error) === null) return error;
  return new LocalError(`Can't write to ${folder}: ${reasonOf(error)}. Name a folder that you can write to.`);
}
