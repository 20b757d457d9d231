import { EmbeddedStoreError } from '../embedded-error.ts';

/** One thing wrong in a CSV file. `line` and `column` are null where the fault is the whole file's or line's. */
export interface CsvFault {
  readonly file: string;
  readonly line: number | null;
  readonly column: string | null;
  readonly problem: string;
}

/** How many faults are collected before reading stops: enough to mend a file in one go, not a flood. */
export const faultLimit = 20;

/** CSV files that can't be loaded as they are. Nothing of them was loaded. */
export class InvalidCsvError extends EmbeddedStoreError {
  override readonly name = 'InvalidCsvError';
  readonly faults: readonly CsvFault[];

  constructor(folder: string, faults: readonly CsvFault[]) {
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
export function describeFault({ file, line, column, problem }: CsvFault): string {
  const where = line === null ? file : `${file} line ${line}`;
  return `${where}${column === null ? '' : `, column "${column}"`}: ${problem}`;
}

/** Thrown out of the reading of a file once there are enough faults to show. */
export class FaultLimitReached extends Error {}

/** What is wrong, and what is merely worth knowing, over all the files of one load. */
export class Findings {
  readonly faults: CsvFault[] = [];
  readonly notices = new Set<string>();

  add(fault: CsvFault): void {
    this.faults.push(fault);
    if (this.faults.length >= faultLimit) throw new FaultLimitReached();
  }

  notice(text: string): void {
    this.notices.add(text);
  }
}
