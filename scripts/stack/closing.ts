import { LocalError } from '../../local/errors.ts';
import { Closing as ServiceClosing } from '../../src/start/closing.ts';

/** The start was stopped before it was complete. */
export class Interrupted extends LocalError {
  constructor() {
    super('Stopped before everything was up. The next start continues from here.');
  }
}

/** Closes what was opened, in reverse order. A start in progress notices that closing has begun. */
export class Closing extends ServiceClosing {
  /**
   * Registers how to close what was just opened. If closing has begun, closes it immediately.
   *
   * @throws {Interrupted} if closing has begun
   */
  async opened(close: () => Promise<void>): Promise<void> {
    if (this.hasBegun) await close();
    else this.add(close);
    this.throwIfClosing();
  }

  /** @throws {Interrupted} if closing has begun: nothing may be started then */
  throwIfClosing(): void {
    if (this.hasBegun) throw new Interrupted();
  }
}
