import { type Fault, faultLimit } from '../errors.ts';

/** Thrown out of the reading of a file once there are enough faults to show. */
export class EnoughFaults extends Error {}

/** What is wrong, and what is merely worth knowing, over all the files of one load. */
export class Findings {
  readonly faults: Fault[] = [];
  readonly notices = new Set<string>();

  add(fault: Fault): void {
    this.faults.push(fault);
    if (this.faults.length >= faultLimit) throw new EnoughFaults();
  }

  notice(text: string): void {
    this.notices.add(text);
  }
}
