import { Semaphore } from 'async-mutex';
import { untilAborted } from '../../abort.ts';

/** Bounds how many plans are computed at the same time: each keeps some rows in memory. */
export class Turns {
  readonly #semaphore: Semaphore;

  constructor(atOnce: number) {
    this.#semaphore = new Semaphore(atOnce);
  }

  /**
   * Runs work when it is its turn.
   *
   * @throws the signal's reason, if it is aborted before that.
   */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const [, leave] = await untilAborted(this.#semaphore.acquire(), signal, ([, late]) => late());
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
