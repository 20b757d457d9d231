import { once } from 'node:events';
import { CsvError, type Parser, parse } from 'csv-parse';
import type { RawTable } from '../raw-tables.ts';
import { FaultLimitReached, type Findings, InvalidCsvError } from './csv-faults.ts';
import { readHeader } from './header.ts';
import { RowEncoder } from './rows.ts';
import type { CsvSource } from './source.ts';
import { Utf8Check } from './utf8.ts';

/** Longest record, in characters. A longer one is an unclosed quote. */
const longestRecord = 1_000_000;
const batchCharacters = 1_000_000;
const batchRows = 20_000;

export interface CsvBatch {
  readonly text: string;
  readonly rows: number;
}

/**
 * Reads one file and yields batches of COPY text of about a megabyte. After the first fault of any file nothing more is
 * yielded, but the rest is checked, so that the faults of all files are reported together.
 */
export async function* readCsv(
  table: RawTable,
  source: Pick<CsvSource, 'problem' | 'open'>,
  findings: Findings,
  loadedAt: string,
): AsyncGenerator<CsvBatch> {
  try {
    yield* readToEnd(table, source, findings, loadedAt);
  } catch (error) {
    if (!(error instanceof FaultLimitReached)) throw error;
  }
}

/** @throws {FaultLimitReached} */
async function* readToEnd(
  table: RawTable,
  source: Pick<CsvSource, 'problem' | 'open'>,
  findings: Findings,
  loadedAt: string,
): AsyncGenerator<CsvBatch> {
  const problem = source.problem(table);
  if (problem !== null) {
    findings.add({ file: table.file, line: null, column: null, problem });
    return;
  }
  try {
    yield* readRecords(table, source.open(table), findings, loadedAt);
  } catch (error) {
    // The file can't be read to its end.
    if (!(error instanceof InvalidCsvError)) throw error;
    for (const fault of error.faults) findings.add(fault);
  }
}

async function* readRecords(
  table: RawTable,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  findings: Findings,
  loadedAt: string,
): AsyncGenerator<CsvBatch> {
  const records = new RecordReader(table, findings, loadedAt);
  const utf8 = new Utf8Check();
  let first = true;
  for await (const chunk of chunks) {
    if (first && looksLikeUtf16(chunk)) {
      findings.add({ file: table.file, line: null, column: null, problem: 'the file is UTF-16; save it as UTF-8' });
      return;
    }
    first = false;
    utf8.push(chunk);
    records.isUtf8 = utf8.valid;
    if (!(await records.write(chunk))) return;
    const batch = records.take(false);
    if (batch !== null && findings.faults.length === 0) yield batch;
  }
  utf8.end();
  records.isUtf8 = utf8.valid;
  if (!(await records.end())) return;
  const batch = records.take(true);
  if (batch !== null && findings.faults.length === 0) yield batch;
}

/** A BOM, or a zero byte next to the first character, which is ASCII in a header. */
function looksLikeUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) || first === 0 || second === 0;
}

class RecordReader {
  isUtf8 = true;
  readonly #table: RawTable;
  readonly #findings: Findings;
  readonly #loadedAt: string;
  readonly #parser: Parser;
  #line = 1;
  #encoder: RowEncoder | null = null;
  #headerSeen = false;
  #text = '';
  #rows = 0;
  #error: unknown = null;

  constructor(table: RawTable, findings: Findings, loadedAt: string) {
    this.#table = table;
    this.#findings = findings;
    this.#loadedAt = loadedAt;
    this.#parser = parse({
      bom: true,
      relax_column_count: true,
      max_record_size: longestRecord,
      record_delimiter: ['\r\n', '\n', '\r'],
      // Called for each record within write(). Returning null keeps the record out of the output stream, which is slow.
      on_record: (fields: string[]) => {
        this.#record(fields);
        return null;
      },
    });
    this.#parser.on('error', (error) => {
      this.#error ??= error;
    });
    this.#parser.resume();
  }

  /** Resolves to false if the file can't be read further. */
  async write(chunk: Uint8Array): Promise<boolean> {
    await new Promise<void>((resolve) => this.#parser.write(chunk, () => resolve()));
    return this.#stillReadable();
  }

  async end(): Promise<boolean> {
    const closed = once(this.#parser, 'close');
    this.#parser.end();
    await closed.catch(() => undefined);
    if (!this.#stillReadable()) return false;
    this.#encoder?.end();
    if (this.#headerSeen) return true;
    this.#fault(null, 'the file is empty; its first line must contain the column names');
    return false;
  }

  /** The rows so far if they fill a batch or `all` is set; otherwise null. */
  take(all: boolean): CsvBatch | null {
    const enough = this.#text.length >= batchCharacters || this.#rows >= batchRows;
    if (this.#rows === 0 || !(all || enough)) return null;
    const batch = { text: this.#text, rows: this.#rows };
    this.#text = '';
    this.#rows = 0;
    return batch;
  }

  #record(fields: string[]): void {
    const line = this.#line;
    this.#line += 1 + lineBreaks(fields);
    if (fields.length === 1 && fields[0] === '') return;
    if (!this.#headerSeen) {
      this.#headerSeen = true;
      const header = readHeader(this.#table, fields, line, this.#findings);
      if (header === null) throw new HeaderFault();
      this.#encoder = new RowEncoder(this.#table, header, this.#findings, this.#loadedAt);
      return;
    }
    const row = this.#encoder?.encode(fields, line, this.isUtf8) ?? null;
    if (row === null || this.#findings.faults.length > 0) return;
    this.#text += row;
    this.#rows++;
  }

  #stillReadable(): boolean {
    if (this.#error === null) return true;
    if (this.#error instanceof HeaderFault) return false;
    if (!(this.#error instanceof CsvError)) throw this.#error;
    this.#fault(this.#line, quoteProblem(this.#error));
    return false;
  }

  #fault(line: number | null, problem: string): void {
    this.#findings.add({ file: this.#table.file, line, column: null, problem });
  }
}

class HeaderFault extends Error {}

function quoteProblem(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote in the record that starts here is not closed';
    case 'CSV_MAX_RECORD_SIZE':
      return `the record that starts here is longer than ${longestRecord} characters; check for a quote that is not closed`;
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'in the record that starts here, a closing quote is not followed by a comma';
    case 'INVALID_OPENING_QUOTE':
      return 'in the record that starts here, an unquoted field contains a quote; quote the field and double the quote';
    default:
      return error.message;
  }
}

function lineBreaks(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) {
    if (field.includes('\n') || field.includes('\r')) count += field.match(/\r\n|\n|\r/g)?.length ?? 0;
  }
  return count;
}
