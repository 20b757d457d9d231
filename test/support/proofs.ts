/** How often a slow proof repeats: `full` with FULL_PROOFS=1, as in .ci/run, otherwise `quick`. */
export const proofs = (full: number, quick: number): number => (process.env.FULL_PROOFS === '1' ? full : quick);
