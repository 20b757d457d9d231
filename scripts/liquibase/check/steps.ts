/** Does one step, and says what and how long it took. */
export async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const result = await work();
  console.log(`-- ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Expects a fault, and says which. */
export async function refusal(work: () => Promise<unknown>, expected: RegExp): Promise<void> {
  const fault: unknown = await work().then(
    () => null,
    (error: unknown) => error,
  );
  if (fault === null) throw new Error(`This was not refused: ${expected}`);
  if (!(fault instanceof Error) || !expected.test(fault.message)) throw fault;
}
