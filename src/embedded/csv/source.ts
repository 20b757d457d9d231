import { createHash } from 'node:crypto';
import { createReadStream, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, EmbeddedStoreError, reasonOf } from '../embedded-error.ts';
import { type RawTable, rawTables } from '../raw-tables.ts';
import { type CsvFault, InvalidCsvError } from './csv-faults.ts';

/** A source of rows: five CSV texts. */
export interface CsvSource {
  /** For display: the folder, or "the demo data". */
  readonly name: string;
  /**
   * Identifies the origin of the data. A different iteration with the same origin is an edit in AdSuite; with another
   * origin it is other data.
   */
  readonly history: string;
  /** Approximate size in bytes, for the progress. */
  size(table: RawTable): number;
  open(table: RawTable): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Identifies the content. Reads the files. */
  fingerprint(): Promise<string>;
  /** The fingerprint of the content that open() returned, from the digests of the files in the order of rawTables. */
  fingerprintOf(digests: readonly string[]): string;
}

/** The five files in a folder. Throws an InvalidCsvError that names every file that is missing or unreadable. */
export function folderSource(folder: string): CsvSource {
  requireFolder(folder);
  const faults: CsvFault[] = [];
  const sizes = new Map<RawTable, number>();
  for (const table of rawTables) {
    const stat = statSync(join(folder, table.file), { throwIfNoEntry: false });
    const problem = stat === undefined ? 'the file is missing' : stat.isFile() ? null : 'it is not a file';
    if (problem !== null) faults.push({ file: table.file, line: null, column: null, problem });
    sizes.set(table, stat?.size ?? 0);
  }
  if (faults.length > 0) throw new InvalidCsvError(folder, faults);
  const open = (table: RawTable) => readFile(folder, table.file);
  const fingerprintOf = (digests: readonly string[]) => `csv:${digests.join(',')}`;
  return {
    name: folder,
    history: `csv:${realpathSync(folder)}`,
    size: (table) => sizes.get(table) ?? 0,
    open,
    async fingerprint() {
      const digests: string[] = [];
      for (const table of rawTables) {
        const hash = createHash('sha256');
        for await (const chunk of open(table)) hash.update(chunk);
        digests.push(hash.digest('hex'));
      }
      return fingerprintOf(digests);
    },
    fingerprintOf,
  };
}

async function* readFile(folder: string, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(join(folder, file), { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const problem = `the file can't be read (${reasonOf(error)})`;
    throw new InvalidCsvError(folder, [{ file, line: null, column: null, problem }]);
  }
}

function requireFolder(folder: string): void {
  let problem = 'the folder does not exist';
  try {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return;
    if (stat !== undefined) problem = 'it is not a folder';
  } catch (error) {
    problem = codeOf(error) === 'ENOTDIR' ? 'a part of the path is not a folder' : reasonOf(error);
  }
  const files = rawTables.map((table) => table.file).join(', ');
  throw new EmbeddedStoreError(
    `WAREHOUSE_CSV ${folder}: ${problem}. Set it to a folder that contains ${files}, or unset it to use the demo data.`,
  );
}
