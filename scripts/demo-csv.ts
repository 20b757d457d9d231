/**
 * Writes the demo data as the five CSV files that WAREHOUSE_CSV takes, to show their format or to create large data.
 *
 *   node scripts/demo-csv.ts <folder> [--scale 10]
 */
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { codeOf, exitWithReason, LocalError, reasonOf } from '../local/errors.ts';
import { demoFile } from '../src/embedded/demo/source.ts';
import { rawTables } from '../src/embedded/raw-tables.ts';

const { folder, scale } = readArguments();
await writeFiles().catch((error) => exitWithReason(cannotWrite(error)));

function readArguments(): { folder: string; scale: number } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { scale: { type: 'string', default: '1' } },
    });
    const [folder] = positionals;
    const scale = Number(values.scale);
    if (folder !== undefined && positionals.length === 1 && scale > 0 && scale < Number.POSITIVE_INFINITY)
      return { folder, scale };
  } catch {
    // An unknown option.
  }
  console.error('usage: node scripts/demo-csv.ts <folder> [--scale 10]');
  process.exit(2);
}

async function writeFiles(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const table of rawTables) {
    const file = join(folder, table.file);
    await pipeline(demoFile(table, scale), createWriteStream(file));
    console.log(file);
  }
}

/** An error of the file system has a code. */
function cannotWrite(error: unknown): unknown {
  if (codeOf(error) === null) return error;
  return new LocalError(`Can't write to ${folder}: ${reasonOf(error)}. Name a folder that you can write to.`);
}
