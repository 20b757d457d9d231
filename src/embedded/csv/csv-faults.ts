import { EmbeddedStoreError } from '../embedded-error.ts';

/** One fault in a CSV file. `line` and `column` are null if the fault concerns the whole file or line. */
export interface CsvFault {
  readonly file: string;
  readonly line: number | null;
  readonly column: string | null;
  readonly problem: string;
}

/** Reading stops after this many faults. */
export const faultLimit = 20;

/** The CSV files have faults. Nothing was loaded. */
export class InvalidCsvError extends EmbeddedStoreError {
  override readonly name = 'InvalidCsvError';
  readonly faults: readonly CsvFault[];

  constructor(folder: string, faults: readonly CsvFault[]) {
    const more = faults.length >= faultLimit ? '\n  (reading stopped here; there may be more faults)' : '';
    super(
      `The CSV files in ${folder} have faults; nothing was changed.\n${faults
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

/** Thrown to stop reading when `faultLimit` is reached. */
export class FaultLimitReached extends Error {}

/** The faults and notices of all files of a load. */
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
