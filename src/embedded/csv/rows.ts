import { parseInstant } from '../../domain/instant.ts';
import { isText, type RawTable } from '../raw-tables.ts';
import type { Findings } from './csv-faults.ts';
import { copyField, explainField, fieldReaders, lacksOffset } from './fields.ts';
import type { Header } from './header.ts';
import { ValueNotices } from './value-notices.ts';

/** Checks the records of one file, and encodes them as lines of COPY text. */
export class RowEncoder {
  readonly #table: RawTable;
  readonly #header: Header;
  readonly #findings: Findings;
  readonly #columns: readonly ColumnPlan[];
  /** Primary key -> its first line, and the row there. */
  readonly #seen = new Map<string, { readonly line: number; readonly row: string }>();
  readonly #keyIndex: number;
  readonly #notices: ValueNotices;

  /** @param loadedAt the value of a missing or empty loaded_at. */
  constructor(table: RawTable, header: Header, findings: Findings, loadedAt: string) {
    this.#table = table;
    this.#header = header;
    this.#findings = findings;
    this.#notices = new ValueNotices(table, loadedAt);
    this.#keyIndex = table.columns.findIndex((column) => column.name === table.primaryKey);
    this.#columns = table.columns.map((column, index) => ({
      name: column.name,
      type: column.type,
      read: fieldReaders[column.type],
      place: header.places[index] ?? -1,
      empty: column.name === 'loaded_at' ? loadedAt : column.nullable ? '\\N' : null,
    }));
  }

  /** Encodes one line of COPY text; null if the record has a fault. `isUtf8` is false if the file is not UTF-8. */
  encode(fields: readonly string[], line: number, isUtf8: boolean): string | null {
    if (fields.length !== this.#header.width) {
      const problem = `the line has ${fields.length} fields, but the header has ${this.#header.width}`;
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
      if (column.empty === null) this.#fault(line, column.name, 'the field must not be empty');
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
      this.#findings.notice(`${this.#table.file}: "${column.name}" has no time zone offset and was read as UTC`);
    }
    if (column.type === 'timestamptz') this.#notices.seeTime(column.name, text, value, line);
    if (!isText(column.type)) return value;
    // A name may be any text.
    if (column.type === 'varchar(256)') this.#notices.see(column.name, value, line);
    return copyField(value);
  }

  /** Adds the notices about values, after the last row. */
  end(): void {
    for (const notice of this.#notices.notices()) this.#findings.notice(notice);
  }

  /** Equal rows may occur twice, for example after two exports; rows with the same key that differ are a fault. */
  #unique(key: string, row: string, line: number): boolean {
    const first = this.#seen.get(key);
    if (first === undefined) this.#seen.set(key, { line, row });
    else if (first.row !== row && this.#canonical(first.row) !== this.#canonical(row)) {
      this.#fault(line, this.#table.primaryKey, `${key} is already in line ${first.line}, with different values`);
      return false;
    }
    return true;
  }

  /** The row with its instants in UTC: an instant can be written with any offset, and with zeros at the end. */
  #canonical(row: string): string {
    const fields = row.trimEnd().split('\t');
    const isInstant = (index: number) => this.#columns[index]?.type === 'timestamptz';
    return fields.map((field, index) => (isInstant(index) ? (parseInstant(field) ?? field) : field)).join('\t');
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
  /** The value of an empty field; null if the field must not be empty. */
  readonly empty: string | null;
}
