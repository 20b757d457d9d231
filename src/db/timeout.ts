/**
 * Resolves to whether a promise settles (fulfils or rejects) within a time.
 *
 * @param signal ends the wait early; then the result is false.
 */
export function settlesWithin(promise: Promise<unknown>, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (hasSettled: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      resolve(hasSettled);
    };
    const giveUp = () => end(false);
    const settled = () => end(true);
    const timer = setTimeout(giveUp, milliseconds);
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) giveUp();
    promise.then(settled, settled);
  });
}

/** The pool's own message, for timeouts that the pool does not have. */
export const connectTimeout = (): Error => new Error('timeout exceeded when trying to connect');

/** Rejects with the pool's own timeout message if `work` takes too long, so that the pool discards the connection. */
export async function withinConnectTimeout(work: Promise<void>, milliseconds: number): Promise<void> {
  if (!(await settlesWithin(work, milliseconds))) throw connectTimeout();
  await work;
}
