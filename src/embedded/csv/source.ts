import { createHash } from 'node:crypto';
import { accessSync, constants, createReadStream, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, EmbeddedStoreError, reasonOf } from '../embedded-error.ts';
import { type RawTable, rawTables } from '../raw-tables.ts';
import { InvalidCsvError } from './csv-faults.ts';

/** A source of rows: five CSV texts. */
export interface CsvSource {
  /** For display: the folder, or "the demo data". */
  readonly name: string;
  /** Whether notices are reported. The demo data has unusual values on purpose. */
  readonly hasNotices: boolean;
  /**
   * Identifies the origin of the data. A different iteration with the same origin is an edit in AdSuite; with another
   * origin it is other data.
   */
  readonly history: string;
  /** What to do about loaded data that are kept although they are old; null: nothing. A sentence, for display. */
  readonly advice: string | null;
  /** Approximate size in bytes, for the progress. */
  size(table: RawTable): number;
  /** Why a table's file can't be read, or null. */
  problem(table: RawTable): string | null;
  /** @throws {InvalidCsvError} while reading, if the file can't be read. */
  open(table: RawTable): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Identifies the content. Reads the files. Null if one of them can't be read. */
  fingerprint(): Promise<string | null>;
  /** The fingerprint of the content that open() returned, from the digests of the files in the order of rawTables. */
  fingerprintOf(digests: readonly string[]): string;
}

/**
 * The five files in a folder. Files that are missing are reported when they are loaded, with the faults of the others.
 *
 * @throws {EmbeddedStoreError} if the folder can't be read
 */
export function folderSource(folder: string): CsvSource {
  requireFolder(folder);
  const problems = new Map<RawTable, string>();
  const sizes = new Map<RawTable, number>();
  for (const table of rawTables) {
    const stat = statSync(join(folder, table.file), { throwIfNoEntry: false });
    const problem = stat === undefined ? 'the file is missing' : stat.isFile() ? null : 'it is not a file';
    if (problem !== null) problems.set(table, problem);
    sizes.set(table, stat?.size ?? 0);
  }
  const open = (table: RawTable) => readFile(folder, table.file);
  const fingerprintOf = (digests: readonly string[]) => `csv:${digests.join(',')}`;
  return {
    name: folder,
    hasNotices: true,
    history: `csv:${realpathSync(folder)}`,
    advice: null,
    size: (table) => sizes.get(table) ?? 0,
    problem: (table) => problems.get(table) ?? null,
    open,
    async fingerprint() {
      if (problems.size > 0) return null;
      const digests: string[] = [];
      for (const table of rawTables) {
        const hash = createHash('sha256');
        try {
          for await (const chunk of open(table)) hash.update(chunk);
        } catch (error) {
          if (error instanceof InvalidCsvError) return null;
          throw error;
        }
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
    if (stat?.isDirectory()) {
      accessSync(folder, constants.R_OK | constants.X_OK);
      return;
    }
    if (stat !== undefined) problem = 'it is not a folder';
  } catch (error) {
    const code = codeOf(error);
    problem = code === 'ENOTDIR' ? 'a part of the path is not a folder' : reasonOf(error);
    if (code === 'EACCES') problem = 'this user may not read the folder, or a folder above it';
  }
  const files = rawTables.map((table) => table.file).join(', ');
  throw new EmbeddedStoreError(
    `WAREHOUSE_CSV ${folder}: ${problem}. Set it to a folder that contains ${files}, or unset it to use the demo data.`,
  );
}
