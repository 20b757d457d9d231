import { closeSync, createReadStream, existsSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { EmbeddedStoreError } from '../embedded-error.ts';
import type { Entry } from './book.ts';

/** A file that grows by a line of JSON with each entry. */
export interface StateFile {
  /** Writes an entry, or throws and leaves the file as it was. What is written outlives this process, not a power cut. */
  append(entry: Entry): void;
  close(): void;
}

/**
 * Opens the file, gives each entry in it to `onEntry`, oldest first, and is ready for more. A last line without its end is
 * of a writer that was killed: nobody was answered yet, so it is cut off.
 *
 * @throws {EmbeddedStoreError} where the file is damaged.
 */
export async function openStateFile(path: string, onEntry: (entry: Entry) => void): Promise<StateFile> {
  let length = 0;
  if (existsSync(path)) {
    let number = 0;
    for await (const line of linesOf(path)) {
      number++;
      onEntry(parseEntry(line, path, number));
      length += line.length + 1;
    }
  }
  const file = openSync(path, 'a', 0o600);
  if (fstatSync(file).size > length) ftruncateSync(file, length);
  return {
    append(entry) {
      const line = Buffer.from(`${JSON.stringify(entry)}\n`);
      try {
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at);
        length += line.length;
      } catch (error) {
        ftruncateSync(file, length);
        throw error;
      }
    },
    close: () => closeSync(file),
  };
}

/** The lines that have their end, without it. */
async function* linesOf(path: string): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, end)]);
      pieces = [];
      from = end + 1;
    }
    pieces.push(chunk.subarray(from));
  }
}

function parseEntry(line: Buffer, path: string, number: number): Entry {
  try {
    const entry: Entry = JSON.parse(line.toString('utf8'));
    if (typeof entry.key === 'string' && Array.isArray(entry.results) && Array.isArray(entry.changed)) return entry;
  } catch {
    // Told below, like a line of another form.
  }
  throw new EmbeddedStoreError(
    `${path} is damaged in line ${number}. It holds nothing but what was pushed to the AdSuite sandbox: ` +
      'delete it together with the ledger to begin anew.',
  );
}
