/**
 * Resolves to whether a promise settles (fulfils or rejects) within a time.
 *
 * @param signal ends the wait early; then the result is false.
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  let giveUp = (_: false) => {};
  const givenUp = new Promise<false>((resolve) => {
    giveUp = resolve;
  });
  const onAbort = () => giveUp(false);
  const timer = setTimeout(onAbort, milliseconds);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  try {
    return await Promise.race([settled, givenUp]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

/** The pool's own message, for timeouts that the pool does not have. */
export const connectTimeout = (): Error => new Error('timeout exceeded when trying to connect');

/** Rejects with the pool's own timeout message if `work` takes too long, so that the pool discards the connection. */
export async function withinConnectTimeout(work: Promise<void>, milliseconds: number): Promise<void> {
  if (!(await settlesWithin(work, milliseconds))) throw connectTimeout();
  await work;
}
