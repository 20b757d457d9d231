/**
 * Waits for a promise until a signal is aborted. What the promise waits for continues.
 *
 * @param discard called with a result that comes too late, for example to release it.
 * @throws the signal's reason.
 */
export function untilAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal | undefined,
  discard: (result: Result) => void = () => {},
): Promise<Result> {
  if (!signal) return promise;
  // Of each statement of each request, so without further promises.
  return new Promise((resolve, reject) => {
    let isAborted = false;
    const abort = () => {
      isAborted = true;
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(
      (result) => {
        signal.removeEventListener('abort', abort);
        if (isAborted) discard(result);
        else resolve(result);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abort);
        reject(error);
      },
    );
  });
}

/**
 * Work whose result several requests wait for. It is aborted when the last of them leaves; until then, one that leaves gets its
 * own error, and the others the result.
 */
export class SharedWork<Result> {
  readonly #controller = new AbortController();
  readonly #onAbandoned: () => void;
  #waiting = 0;

  /** @param onAbandoned called when the last request has left. */
  constructor(onAbandoned: () => void) {
    this.#onAbandoned = onAbandoned;
  }

  /** Aborted when the last request has left, with the reason of that one. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /**
   * Waits for the result.
   *
   * @param signal of the request: it leaves when the signal is aborted.
   * @throws the reason of that signal, if others still wait. The last one waits for what the aborted work results in.
   */
  wait(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting -= 1;
        if (this.#waiting > 0) {
          reject(signal.reason);
          return;
        }
        this.#onAbandoned();
        this.#controller.abort(signal.reason);
      };
      const stay = () => signal.removeEventListener('abort', leave);
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) {
        stay();
        leave();
      }
      result.then(
        (value) => {
          stay();
          resolve(value);
        },
        (error: unknown) => {
          stay();
          reject(error);
        },
      );
    });
  }
}
