import type { RawColumn, RawTable } from '../raw-tables.ts';
import type { Findings } from './csv-faults.ts';

export interface Header {
  readonly width: number;
  /** For each column of the table its index in the file, or -1 if the optional column is missing. */
  readonly places: readonly number[];
}

/**
 * Matches a file's header with the table's columns. Returns null, and adds faults, if the file can't be read with it.
 */
export function readHeader(
  table: RawTable,
  fields: readonly string[],
  line: number,
  findings: Findings,
): Header | null {
  const names = fields.map((field) => field.trim().toLowerCase());
  const fault = (problem: string, column: string | null = null) =>
    findings.add({ file: table.file, line, column, problem });
  if (names.some((name) => name.includes('\0'))) {
    fault('the file is not UTF-8 text (it may be UTF-16); save it as UTF-8');
    return null;
  }
  const [only = ''] = names;
  if (names.length === 1 && /[;\t|]/.test(only)) {
    fault('the fields must be separated by commas');
    return null;
  }
  const before = findings.faults.length;
  for (const name of new Set(names)) {
    if (name !== '' && names.indexOf(name) !== names.lastIndexOf(name))
      fault('the header contains this column more than once', name);
  }
  const missing = table.columns.filter((column) => column.inHeader === 'required' && !names.includes(column.name));
  if (missing.length > 0) {
    fault(`the header lacks ${list(missing)}; it contains ${names.map((name) => JSON.stringify(name)).join(', ')}`);
  }
  if (findings.faults.length > before) return null;
  const unknown = names.filter((name) => !table.columns.some((column) => column.name === name));
  if (unknown.length > 0)
    findings.notice(`${table.file}: ignored unknown columns ${unknown.map((name) => `"${name}"`).join(', ')}`);
  return { width: names.length, places: table.columns.map((column) => names.indexOf(column.name)) };
}

function list(columns: readonly RawColumn[]): string {
  return `${columns.length === 1 ? 'the column' : 'the columns'} ${columns.map((column) => `"${column.name}"`).join(', ')}`;
}
