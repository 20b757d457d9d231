import { settlesWithin } from '../timeout.ts';

/** Lets only so many in at once; the others wait in the order in which they came. */
export class Turns {
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** @returns whether one was let in within the time; whoever was must leave, once. */
  async enter(milliseconds: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    if (await settlesWithin(promise, milliseconds)) return true;
    // A turn that came at the very end is not lost: it is taken.
    if (!this.#waiting.includes(resolve)) return true;
    this.#waiting = this.#waiting.filter((other) => other !== resolve);
    return false;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
