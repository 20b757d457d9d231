import type { LedgerReads } from '../../db/ledger/connect.ts';
import type { NewRun } from '../ledger.ts';
import type { PlanTotals, PushState } from '../types.ts';

/** What the ledger knows of a run, as far as retrying and waiting need it. */
export interface RecordedRun extends Pick<NewRun, 'selection' | 'build' | 'dryRun'> {
  readonly id: string;
  readonly state: PushState;
  readonly planHash: string;
  readonly totals: PlanTotals;
  readonly rowsDeletedAt: string | null;
}

/** The ledger's memory of runs. */
export interface PushRuns {
  /** null where there is no such run, and while it is being recorded. */
  find(runId: string): Promise<RecordedRun | null>;
}

export function pushRuns(reads: Pick<LedgerReads, 'runsByIds'>): PushRuns {
  return {
    find: async (runId) => {
      const [run] = await reads.runsByIds([runId]);
      if (!run) return null;
      const { id, state, isDryRun, selection, build, planHash, totals, rowsDeletedAt } = run;
      return { id, state, dryRun: isDryRun, selection, build, planHash, totals, rowsDeletedAt };
    },
  };
}
