/**
 * An embedded store can't be opened or filled, and a person has to do something about it.
 * The message says what and how; whoever starts the service prints it without a stack.
 */
export class EmbeddedStoreError extends Error {
  override readonly name: string = 'EmbeddedStoreError';
}

/** One thing wrong in a CSV file. `line` and `column` are null where the fault is the whole file's or line's. */
export interface Fault {
  readonly file: string;
  readonly line: number | null;
  readonly column: string | null;
  readonly problem: string;
}

/** How many faults are collected before reading stops: enough to mend a file in one go, not a flood. */
export const faultLimit = 20;

/** CSV files that can't be loaded as they are. Nothing of them was loaded. */
export class CsvFault extends EmbeddedStoreError {
  override readonly name = 'CsvFault';
  readonly faults: readonly Fault[];

  constructor(folder: string, faults: readonly Fault[]) {
    const more = faults.length >= faultLimit ? '\n  (there may be more: reading stopped here)' : '';
    super(
      `The CSV files in ${folder} can't be loaded; nothing was changed.\n${faults
        .map((fault) => `  ${describeFault(fault)}`)
        .join('\n')}${more}`,
    );
    this.faults = faults;
  }
}

/** `clicks.csv line 17, column "timestamp": "2026-13-01" is not ...` */
export function describeFault({ file, line, column, problem }: Fault): string {
  const where = line === null ? file : `${file} line ${line}`;
  return `${where}${column === null ? '' : `, column "${column}"`}: ${problem}`;
}

/** The text of anything thrown, for a sentence that quotes it. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a Node file-system error (ENOENT, EACCES, ...), or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
