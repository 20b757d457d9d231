import type { Begun, NewRun, PushLedger } from '../../push/ledger.ts';
import type { LedgerDatabase } from './database.ts';
import { requestCancel } from './queries/leases.ts';
import { previousPush, receiptsIn } from './queries/receipts.ts';
import { insertRun, runningRun, runOfKey, takePushLock } from './queries/record.ts';
import { runsByIds } from './queries/runs.ts';
import { LedgerRecording } from './recording.ts';

/** The ledger as planning sees it; runs are delivered in batches of `batchRows` rows. */
export function pushLedger(database: LedgerDatabase, batchRows: number): PushLedger {
  return {
    receipts: (range) => database.run('push.receipts', (db) => receiptsIn(db, range)),
    previous: () => database.run('push.previous', previousPush),
    begin: (run) => begin(database, run, batchRows),
    find: async (runId) => {
      const [run] = await database.run('pushes.byId', (db) => runsByIds(db, [runId]));
      return run ?? null;
    },
    known: (key) => database.run('push.known', (db) => runOfKey(db, key)),
    cancel: (runId, by) => database.run('push.cancel', (db) => requestCancel(db, runId, by)),
  };
}

/**
 * Whoever records holds the push lock; whoever comes meanwhile waits for it, and then knows whether that run is under way
 * or came to nothing.
 */
async function begin(database: LedgerDatabase, run: NewRun, batchRows: number): Promise<Begun> {
  const transaction = await database.begin();
  let isGoingOn = false;
  try {
    return await database.runOnce('push.begin', async (): Promise<Begun> => {
      const earlier = await runOfKey(transaction, run.idempotencyKey);
      if (earlier) return { kind: 'known', ...earlier };
      if (!run.dryRun) await takePushLock(transaction);
      const number = await insertRun(transaction, run);
      if (number === null) {
        const other = await runOfKey(transaction, run.idempotencyKey);
        if (!other) throw new Error('a run was recorded under the same key, and is gone');
        return { kind: 'known', ...other };
      }
      const running = run.dryRun ? null : await runningRun(transaction);
      if (running !== null) return { kind: 'busy', runId: running };
      const recording = await new LedgerRecording(database, transaction, number, batchRows).begin();
      isGoingOn = true;
      return { kind: 'recording', recording };
    });
  } finally {
    // A connection that is gone has taken the transaction with it.
    if (!isGoingOn && !transaction.isRolledBack)
      await transaction
        .rollback()
        .execute()
        .catch(() => {});
  }
}
