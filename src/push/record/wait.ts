import { DomainError, LedgerUnavailable } from '../../errors.ts';
import { RunStateUnknown } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { RunState } from '../types.ts';

/** Pauses between reads, in milliseconds. Each is half as long again as the one before. */
const firstPause = 50;
const longestPause = 1_000;

/**
 * Waits until a run has ended, by polling: another process may be the one that ends it.
 *
 * @param find reads the run.
 * @param seconds maximum time to wait; 0 reads once.
 * @param signal ends the wait early.
 * @returns the run as last read; null if there is none.
 */
export async function waitForEnd<Run extends { readonly state: RunState }>(
  find: () => Promise<Run | null>,
  seconds: number,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Run | null> {
  const end = clock.now() + 1000 * seconds;
  let pause = firstPause;
  for (;;) {
    const run = await find();
    const left = end - clock.now();
    if (run?.state !== 'RUNNING' || left <= 0 || signal?.aborted) return run;
    await clock.sleep(Math.min(pause, left), signal);
    pause = Math.min(longestPause, 1.5 * pause);
  }
}

/**
 * Reads a run that is known to be recorded. If the ledger fails, the error names the run, so that the caller can find it.
 *
 * @param what is known of the run, for display; see RunStateUnknown.
 * @throws {RunStateUnknown}
 */
export async function readRecorded<Result>(runId: string, what: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DomainError && !(error instanceof LedgerUnavailable)) throw error;
    throw new RunStateUnknown(runId, what, { cause: error });
  }
}
