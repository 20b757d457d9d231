/** Runs a step and prints its name and duration. */
export async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  console.log(`\n== ${name}`);
  const start = performance.now();
  await work();
  console.log(`-- ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** @throws {Error} unless the work fails with an error whose message matches `expected` */
export async function expectFailure(work: () => Promise<unknown>, expected: RegExp): Promise<void> {
  const error: unknown = await work().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error === null) throw new Error(`Expected an error that matches ${expected}.`);
  if (!(error instanceof Error) || !expected.test(error.message)) throw error;
}
