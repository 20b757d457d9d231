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
