import { isText, type RawTable } from '../raw-tables.ts';
import type { Findings } from './csv-faults.ts';
import { copyField, explainField, fieldReaders, lacksOffset } from './fields.ts';
import type { Header } from './header.ts';

/** Turns the records of one file into lines of COPY text, field by field checked. */
export class RowEncoder {
  readonly #table: RawTable;
  readonly #header: Header;
  readonly #findings: Findings;
  readonly #columns: readonly ColumnPlan[];
  /** Primary key -> where it stood first and what the row was. */
  readonly #seen = new Map<string, { readonly line: number; readonly row: string }>();
  readonly #keyIndex: number;

  /** `loadedAt` stands in for a loaded_at that the file doesn't say. */
  constructor(table: RawTable, header: Header, findings: Findings, loadedAt: string) {
    this.#table = table;
    this.#header = header;
    this.#findings = findings;
    this.#keyIndex = table.columns.findIndex((column) => column.name === table.primaryKey);
    this.#columns = table.columns.map((column, index) => ({
      name: column.name,
      type: column.type,
      read: fieldReaders[column.type],
      place: header.places[index] ?? -1,
      empty: column.name === 'loaded_at' ? loadedAt : column.nullable ? '\\N' : null,
    }));
  }

  /** One line of COPY text, or null when the record has a fault. `isUtf8` is false in a file that is not. */
  encode(fields: readonly string[], line: number, isUtf8: boolean): string | null {
    if (fields.length !== this.#header.width) {
      const problem = `the line has ${fields.length} fields, and the header names ${this.#header.width}`;
      this.#fault(line, null, problem);
      return null;
    }
    let row = '';
    let key = '';
    let good = true;
    for (let index = 0; index < this.#columns.length; index++) {
      const column = this.#columns[index];
      if (column === undefined) continue;
      const value = this.#value(column, fields[column.place] ?? '', line, isUtf8);
      if (value === null) good = false;
      else row += index === 0 ? value : `\t${value}`;
      if (index === this.#keyIndex) key = value ?? '';
    }
    if (!good) return null;
    row += '\n';
    return this.#keyIndex === -1 || this.#unique(key, row, line) ? row : null;
  }

  #value(column: ColumnPlan, text: string, line: number, isUtf8: boolean): string | null {
    if (text === '' || (!isText(column.type) && text.trim() === '')) {
      if (column.empty === null) this.#fault(line, column.name, 'the field is empty, and must not be');
      return column.empty;
    }
    if (!isUtf8 && text.includes('\ufffd')) {
      this.#fault(line, column.name, `${JSON.stringify(text.slice(0, 60))} is not valid UTF-8`);
      return null;
    }
    const value = column.read(text);
    if (value === undefined) {
      this.#fault(line, column.name, explainField(column.type, text));
      return null;
    }
    if (column.type === 'timestamptz' && lacksOffset(text)) {
      this.#findings.notice(`${this.#table.file}: "${column.name}" has no offset and was read as UTC`);
    }
    return isText(column.type) ? copyField(value) : value;
  }

  /** Identical rows may come twice, as they do after two exports; two rows that differ can't both be true. */
  #unique(key: string, row: string, line: number): boolean {
    const first = this.#seen.get(key);
    if (first === undefined) this.#seen.set(key, { line, row });
    else if (first.row !== row) {
      this.#fault(line, this.#table.primaryKey, `${key} stands in line ${first.line} already, with other values`);
      return false;
    }
    return true;
  }

  #fault(line: number, column: string | null, problem: string): void {
    this.#findings.add({ file: this.#table.file, line, column, problem });
  }
}

interface ColumnPlan {
  readonly name: string;
  readonly type: RawTable['columns'][number]['type'];
  readonly read: (text: string) => string | undefined;
  readonly place: number;
  /** What an empty field becomes; null where it may not be empty. */
  readonly empty: string | null;
}
