import type { NewRun, PushLedger, Recording } from '../../src/push/ledger.ts';
import { buildOf, totalsOf } from './push-rows.ts';

/** What tests say of a run; the rest is anything. */
export type SomeRun = Partial<Omit<NewRun, 'build'>> & { readonly id: string; readonly version?: number };

/** A new run with anything that the test does not care about. */
export function newRun({ version = 1, ...run }: SomeRun): NewRun {
  return {
    idempotencyKey: null,
    inputHash: 'hash',
    selection: { iterationIds: null, strategyIds: null },
    build: { ...buildOf(version), conversions: 100, attributed: 90 },
    dryRun: false,
    requestedBy: 'test',
    override: null,
    retryOf: null,
    ...run,
  };
}

/** Begins a run that nothing stands in the way of. */
export async function recordingOf(pushes: PushLedger, run: SomeRun): Promise<Recording> {
  const begun = await pushes.begin(newRun(run));
  if (begun.kind !== 'recording') throw new Error(`not recording: ${JSON.stringify(begun)}`);
  return begun.recording;
}

/** The end of a recording with so many rows. */
export function endOf(state: 'RUNNING' | 'REFUSED' | 'SUCCEEDED', changed: number): Parameters<Recording['commit']>[0] {
  return { state, planHash: 'plan', totals: totalsOf(changed), findings: [] };
}
