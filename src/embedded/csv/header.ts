import type { RawColumn, RawTable } from '../raw-tables.ts';
import type { Findings } from './csv-faults.ts';
import { isTypo, lettersOf } from './near.ts';

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
  const isKnown = (name: string) => table.columns.some((column) => column.name === name);
  for (const name of new Set(names)) {
    if (isKnown(name) && names.indexOf(name) !== names.lastIndexOf(name))
      fault('the header contains this column more than once', name);
  }
  const missing = table.columns.filter((column) => !names.includes(column.name));
  const unknown = names.filter((name) => !isKnown(name));
  const lacking = missing.filter((column) => column.inHeader === 'required');
  if (lacking.length > 0) {
    fault(`the header lacks ${list(lacking)}; it contains ${names.map((name) => JSON.stringify(name)).join(', ')}`);
  }
  for (const column of missing) {
    // An optional column with a misspelled name would be null in every row: a payout, for example.
    const near = unknown.find((name) => isNear(name, column.name));
    if (near !== undefined) fault(`rename it to "${column.name}", or to something else if it is another column`, near);
  }
  if (findings.faults.length > before) return null;
  if (unknown.length > 0) {
    const list = [...new Set(unknown)].map((name) => `"${name}"`).join(', ');
    findings.notice(`${table.file}: ignored unknown columns ${list}`);
  }
  for (const { name, ifMissing } of missing) {
    if (ifMissing !== undefined) findings.notice(`${table.file}: has no column "${name}", so ${ifMissing}`);
  }
  return { width: names.length, places: table.columns.map((column) => names.indexOf(column.name)) };
}

/**
 * Whether a name may be meant as a column's: it contains the column's, without punctuation (`clickId`, `Payout (USD)`), or one
 * letter is added, missing or different, or two are transposed (`payuot`).
 */
function isNear(name: string, column: string): boolean {
  const [given, wanted] = [lettersOf(name), lettersOf(column)];
  if (given === wanted) return true;
  // A short name is part of other words, and one letter makes another word.
  if (wanted.length < 5) return false;
  return given.includes(wanted) || isTypo(given, wanted);
}

function list(columns: readonly RawColumn[]): string {
  return `${columns.length === 1 ? 'the column' : 'the columns'} ${columns.map((column) => `"${column.name}"`).join(', ')}`;
}
