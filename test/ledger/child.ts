/** Writes a ledger in a process of its own, which ends as suddenly as by a power cut at a place that is the same each time. */
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { openLedgerIn, openTestLedger } from '../support/ledger-stores.ts';
import { endOf, recordingOf } from '../support/new-runs.ts';
import { plannedRow } from '../support/push-rows.ts';

/** Before the commit was asked for, and after it was acknowledged. */
export type Death = 'begun' | 'half' | 'whole' | 'committed' | 'attempted' | 'settled';

interface ChildOptions {
  /** An embedded ledger in this folder, or one that is reached so. */
  readonly dataDir?: string;
  readonly target?: LedgerTarget;
  readonly runId: string;
  readonly rows: number;
  readonly dieAt: Death;
}

const { dataDir, target, runId, rows, dieAt } = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;

function at(place: Death): void {
  if (dieAt === place) process.kill(process.pid, 'SIGKILL');
}

const ledger = target ? openTestLedger(target, { batchRows: 100 }) : openLedgerIn(dataDir ?? '', { batchRows: 100 });
const recording = await recordingOf(ledger.pushes, { id: runId, idempotencyKey: runId });
at('begun');
for (let row = 1; row <= rows; row += 100) {
  await recording.add(Array.from({ length: 100 }, (_, index) => plannedRow(String(row + index))));
  if (row > rows / 2) at('half');
}
at('whole');
await recording.commit(endOf('RUNNING', rows));
at('committed');
const lease = await ledger.delivery.claim('child', 0);
const batch = lease && (await ledger.delivery.nextBatch(lease, []));
if (!batch) throw new Error('nothing runs');
await ledger.delivery.recordAttempt(lease, batch);
at('attempted');
await ledger.delivery.settle(
  lease,
  batch,
  batch.rows.map(({ iterationId }) => ({ iterationId, state: 'ACCEPTED', code: null, message: null })),
);
at('settled');
