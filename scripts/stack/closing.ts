import { Closing as ServiceClosing } from '../../src/start/closing.ts';
import { StackError } from './errors.ts';

/** Thrown into a start that is told to end before it was through. */
export class Interrupted extends StackError {
  constructor() {
    super('Stopped before everything was up; the next start goes on from here.');
  }
}

/** Ends what was opened, last opened first, and lets a start that is under way notice that the end has begun. */
export class Closing extends ServiceClosing {
  /** Keeps in mind how to close what was just opened. Once the end has begun it is closed at once, and throws Interrupted. */
  async opened(part: () => Promise<void>): Promise<void> {
    if (this.hasBegun) await part();
    else this.add(part);
    this.goOn();
  }

  /** Throws Interrupted once the end has begun: nothing more may be started then. */
  goOn(): void {
    if (this.hasBegun) throw new Interrupted();
  }
}
