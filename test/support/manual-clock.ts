import type { Clock } from '../../src/push/ports.ts';

/** Time that passes only by sleeping, at once. */
export class ManualClock implements Clock {
  /** How long each sleep was to be, in milliseconds. */
  readonly sleeps: number[] = [];
  /** What happens during each sleep. */
  meanwhile: () => Promise<void> | void = () => {};
  readonly #start: Date;
  #passed = 0;

  constructor(start: Date) {
    this.#start = start;
  }

  now(): number {
    return this.#passed;
  }

  date(): Date {
    return new Date(this.#start.getTime() + this.#passed);
  }

  random(): number {
    return 0.5;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(milliseconds);
    if (!signal?.aborted) this.#passed += milliseconds;
    await this.meanwhile();
  }
}
