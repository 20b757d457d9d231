import type { Cell, ColumnKind } from './kinds.ts';

/** How values of a kind are ordered: numbers by size, all others as people read them. Null comes last. */
export function comparing(kind: ColumnKind): (a: Cell, b: Cell) => number {
  const compare = kind === 'number' ? compareNumbers : compareTexts;
  return (a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return compare(a, b);
  };
}

const compareNumbers = (a: Cell, b: Cell): number => Number(a) - Number(b);

const collator = new Intl.Collator('en', { numeric: true });
const compareTexts = (a: Cell, b: Cell): number => collator.compare(String(a), String(b));

/** Rows in the order of a column; null: as they are. Null cells come last in both directions. */
export function sorted(
  rows: readonly (readonly Cell[])[],
  column: number,
  kind: ColumnKind,
  direction: 'ascending' | 'descending',
): (readonly Cell[])[] {
  const compare = comparing(kind);
  const sign = direction === 'ascending' ? 1 : -1;
  const at = (row: readonly Cell[]): Cell => row[column] ?? null;
  return rows.toSorted((a, b) => {
    const [one, other] = [at(a), at(b)];
    return one === null || other === null ? compare(one, other) : sign * compare(one, other);
  });
}

/** Whether a spreadsheet would take a text for a formula (OWASP, "CSV injection"). */
const isFormula = /^\s*[=+\-@\t\r]/;
const isPlainNumber = /^-?\d+(\.\d+)?$/;

/** A cell as a spreadsheet pastes it: a text that looks like a formula with an apostrophe before it. */
function pasted(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const safe = isFormula.test(cell) && !isPlainNumber.test(cell) ? `'${cell}` : cell;
  return /^"|[\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as a spreadsheet pastes them: columns between tabs; tabs, line breaks and quotes in cells are quoted. */
export function tabSeparated(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [names, ...rows].map((row) => row.map(pasted).join('\t')).join('\n');
}
