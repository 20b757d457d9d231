import { EmbeddedStoreError } from '../embedded-error.ts';

/** One fault in a CSV file. `line` and `column` are null if the fault concerns the whole file or line. */
export interface CsvFault {
  readonly file: string;
  readonly line: number | null;
  readonly column: string | null;
  readonly problem: string;
}

/** Reading a file stops after this many faults. The other files are still read. */
export const faultLimit = 20;

/** The CSV files have faults. Nothing was loaded. */
export class InvalidCsvError extends EmbeddedStoreError {
  override readonly name = 'InvalidCsvError';
  readonly faults: readonly CsvFault[];

  constructor(folder: string, faults: readonly CsvFault[]) {
    const lines = faults.map((fault) => `  ${describeFault(fault)}`);
    for (const file of new Set(faults.map((fault) => fault.file))) {
      const isStopped = faults.filter((fault) => fault.file === file).length >= faultLimit;
      if (isStopped) lines.push(`  (reading ${file} stopped after ${faultLimit} faults; there may be more)`);
    }
    super(`The CSV files in ${folder} have faults; nothing was changed.\n${lines.join('\n')}`);
    this.faults = faults;
  }
}

/** `clicks.csv line 17, column "timestamp": "2026-13-01" is not ...` */
export function describeFault({ file, line, column, problem }: CsvFault): string {
  const where = line === null ? file : `${file} line ${line}`;
  return `${where}${column === null ? '' : `, column "${column}"`}: ${problem}`;
}

/** Thrown to stop reading a file when it has `faultLimit` faults. */
export class FaultLimitReached extends Error {}

/** The faults and notices of all files of a load. */
export class Findings {
  readonly faults: CsvFault[] = [];
  readonly notices = new Set<string>();

  add(fault: CsvFault): void {
    this.faults.push(fault);
    if (this.faults.filter(({ file }) => file === fault.file).length >= faultLimit) throw new FaultLimitReached();
  }

  notice(text: string): void {
    this.notices.add(text);
  }
}
