/** Resolves to whether a promise settles (fulfils or rejects) within a time. */
export async function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeOver = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  try {
    return await Promise.race([settled, timeOver]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with the pool's own timeout message if `work` takes too long, so that the pool discards the connection. */
export async function withinConnectTimeout(work: Promise<void>, milliseconds: number): Promise<void> {
  if (!(await settlesWithin(work, milliseconds))) throw new Error('timeout exceeded when trying to connect');
  await work;
}
