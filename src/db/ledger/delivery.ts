import type { DeliveryStore } from '../../push/ports.ts';
import type { LedgerDatabase } from './database.ts';
import { countAttempt, postponeBatch, readyBatch, runProgress, splitBatch } from './queries/batches.ts';
import { claimRun, finishRun, recordNextAttempt, releaseLease, renewLease } from './queries/leases.ts';
import { settleBatch } from './queries/settle.ts';

/**
 * The ledger as delivery sees it: each call is one statement, or two that only read. What is done about a batch can be done
 * twice: it is told of the batch as it was. A claim or an end that was done would be told as one that was not.
 */
export function deliveryStore(database: LedgerDatabase): DeliveryStore {
  return {
    claim: (worker, milliseconds) => database.runOnce('push.claim', (db) => claimRun(db, worker, milliseconds)),
    renew: (lease, milliseconds) => database.run('push.renew', (db) => renewLease(db, lease, milliseconds)),
    release: (lease) => database.run('push.release', (db) => releaseLease(db, lease)),
    progress: (lease, excluding) => database.run('push.progress', (db) => runProgress(db, lease, excluding)),
    nextBatch: (lease, excluding) => database.run('push.nextBatch', (db) => readyBatch(db, lease, excluding)),
    recordWait: (lease, milliseconds) => database.run('push.wait', (db) => recordNextAttempt(db, lease, milliseconds)),
    recordAttempt: (lease, batch) => database.run('push.attempt', (db) => countAttempt(db, lease, batch)),
    settle: (lease, batch, results) => database.run('push.settle', (db) => settleBatch(db, lease, batch, results)),
    postpone: (lease, batch, milliseconds, reason, mayHaveArrived) =>
      database.run('push.postpone', (db) => postponeBatch(db, lease, batch, milliseconds, reason, mayHaveArrived)),
    split: (lease, batch) => database.run('push.split', (db) => splitBatch(db, lease, batch)),
    finish: (lease, end, reason) => database.runOnce('push.finish', (db) => finishRun(db, lease, end, reason)),
  };
}
