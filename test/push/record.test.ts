import { expect, test } from 'vitest';
import { IdempotencyKeyReused } from '../../src/push/errors.ts';
import type { PushLedger } from '../../src/push/ledger.ts';
import { record } from '../../src/push/record/record.ts';
import { newRun } from '../support/ledgers.ts';

/** Two requests with one key at once: the key was unknown to both, and one of them began first. */
function recordSecond(inputHash: string, inputHashOfFirst: string, isVerified = false) {
  const ledger: Pick<PushLedger, 'begin'> = {
    begin: async () => ({ kind: 'known', runId: 'first', inputHash: inputHashOfFirst, requestedBy: 'ana' }),
  };
  const run = newRun({ id: 'second', idempotencyKey: 'key', inputHash, requestedBy: 'ben', isVerified });
  return record(ledger as PushLedger, run, async () => {
    throw new Error('nothing is to be recorded');
  });
}

test('a key that another request with the same input used meanwhile gets the run of that request', async () => {
  expect(await recordSecond('same', 'same')).toEqual({ runId: 'first', isForWorker: false });
});

test('a key that another request with different input used meanwhile is refused', async () => {
  await expect(recordSecond('mine', 'theirs')).rejects.toThrow(IdempotencyKeyReused);
});

test('a key that another authenticated caller used meanwhile is refused', async () => {
  await expect(recordSecond('same', 'same', true)).rejects.toThrow('was used for push first by another caller');
});
