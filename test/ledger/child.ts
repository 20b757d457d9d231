/** A process that writes to a ledger and kills itself at a given point. */
import type { LedgerTarget } from '../../src/db/ledger/target.ts';
import { endOf, openLedgerIn, openTestLedger, plannedRow, recordingOf } from '../support/ledgers.ts';

/** The first three are before the commit, the others after it. */
export type Death = 'begun' | 'half' | 'whole' | 'committed' | 'attempted' | 'settled';

interface ChildOptions {
  /** The folder of an embedded ledger; otherwise `target`. */
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
