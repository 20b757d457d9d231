/**
 * How often a slow proof repeats: `quick` in `npm test`, `full` with FULL_PROOFS=1, as in .ci/run, and `nightly` with NIGHTLY=1
 * too, as in .ci/nightly.
 */
export function proofs(full: number, quick: number, nightly = full): number {
  if (process.env.FULL_PROOFS !== '1') return quick;
  return process.env.NIGHTLY === '1' ? nightly : full;
}
