import { DomainError, LedgerUnavailable } from '../../errors.ts';
import { PushOutOfSight } from '../errors.ts';

/** What became of most runs that one looks for. */
export const recorded = 'is recorded, and goes on unless it has ended';

/**
 * Looks at a run that is in the ledger. Where the ledger fails, whoever asked must not lose the run with that.
 *
 * @param what became of the run, for a person; see PushOutOfSight.
 * @throws {PushOutOfSight}
 */
export async function inSight<Result>(runId: string, what: string, look: () => Promise<Result>): Promise<Result> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof DomainError && !(error instanceof LedgerUnavailable)) throw error;
    throw new PushOutOfSight(runId, what, { cause: error });
  }
}
