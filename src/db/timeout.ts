/** Whether a promise is fulfilled or rejected within a time. */
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

/** Fails as a pool does when a connection does not come, so that the pool gives the connection up. */
export async function withinConnectTimeout(work: Promise<void>, milliseconds: number): Promise<void> {
  if (!(await settlesWithin(work, milliseconds))) throw new Error('timeout exceeded when trying to connect');
  await work;
}
