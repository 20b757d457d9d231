import type { BuildRow } from '../../db/warehouse/queries/builds.ts';
import { PlanChanged } from '../errors.ts';
import type { GuardLimits } from '../guards/build.ts';
import type { PushLedger, Recording } from '../ledger.ts';
import type { Clock } from '../ports.ts';
import type { PushInput } from '../record/input.ts';
import type { RecordingEnd } from '../record/record.ts';
import type { PlannedRow } from '../types.ts';
import { guardedPlan } from './guarded-plan.ts';
import { canonicalSelection, changedRows } from './plan.ts';
import type { PushSource } from './source.ts';

/** What planning needs of the world. */
export interface Planning {
  readonly source: PushSource;
  readonly limits: GuardLimits;
  readonly clock: Pick<Clock, 'date'>;
}

/**
 * Plans a push, and gives its rows to a recording page by page.
 *
 * @returns how the recording is to end; null where the build did not hold still.
 * @throws {PlanChanged}
 * @throws {BuildNumberFell}
 */
export async function planPush(
  { source, limits, clock }: Planning,
  into: Pick<Recording, 'receipts' | 'previous' | 'add'>,
  build: BuildRow,
  input: PushInput,
  isStable: () => Promise<boolean>,
): Promise<RecordingEnd | null> {
  const { planHash, totals, findings } = await guardedPlan({
    source,
    ledger: into,
    build,
    selection: canonicalSelection(input.selection),
    limits,
    now: clock.date(),
    onPage: async (entries) => {
      const rows = changedRows(entries);
      if (rows.length > 0) await into.add(rows);
    },
  });
  if (!(await isStable())) return null;
  if (input.planHash !== null && input.planHash !== planHash) throw new PlanChanged(input.planHash, planHash);
  const isRefused = findings.length > 0 && input.override === null;
  const isOver = input.dryRun || totals.changed === 0;
  const state = isRefused && !input.dryRun ? 'REFUSED' : isOver ? 'SUCCEEDED' : 'RUNNING';
  return { state, planHash, totals, findings };
}

/** How many rows are kept in memory at most: some 20 MB. */
const mostAhead = 10_000;

class TooMany extends Error {}

/**
 * The same before anything is recorded, with the rows kept in memory; 'too many' where they are too many for that. null as
 * above.
 */
export async function planAhead(
  options: Planning & { readonly ledger: Pick<PushLedger, 'receipts' | 'previous'> },
  build: BuildRow,
  input: PushInput,
  isStable: () => Promise<boolean>,
): Promise<{ readonly end: RecordingEnd; readonly rows: readonly PlannedRow[] } | 'too many' | null> {
  const { ledger } = options;
  const rows: PlannedRow[] = [];
  const into: Parameters<typeof planPush>[1] = {
    receipts: (range) => ledger.receipts(range),
    previous: () => ledger.previous(),
    add: async (page) => {
      rows.push(...page);
      if (rows.length > mostAhead) throw new TooMany();
    },
  };
  try {
    const end = await planPush(options, into, build, input, isStable);
    return end && { end, rows };
  } catch (error) {
    if (error instanceof TooMany) return 'too many';
    throw error;
  }
}
