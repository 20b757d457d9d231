import type { LedgerTarget } from './target.ts';

/**
 * What waits for a statement, and so how long its answer may take.
 * - renewal: a worker's lease, which runs meanwhile
 * - delivery: a worker
 * - ending: the same, for all rows of a run at once. It may take its time: should the lease run out, whoever takes the run
 *   passes over it while it is locked
 * - reading: a request
 * - recording: a push that is written, in one transaction
 * - opening: the migrations, and what tidies up an embedded ledger
 */
export type Pace = 'renewal' | 'delivery' | 'ending' | 'reading' | 'recording' | 'opening';

/** Everything that is asked of the ledger outside of a recording, by its stable name. */
export const paces = {
  'push.claim': 'delivery',
  'push.renew': 'renewal',
  'push.release': 'delivery',
  'push.progress': 'delivery',
  'push.nextBatch': 'delivery',
  'push.wait': 'delivery',
  'push.attempt': 'delivery',
  'push.settle': 'delivery',
  'push.postpone': 'delivery',
  'push.split': 'delivery',
  'push.finish': 'ending',
  'push.prune': 'delivery',
  'push.receipts': 'reading',
  'push.previous': 'reading',
  'push.known': 'reading',
  'push.cancel': 'reading',
  'pushes.byId': 'reading',
  'pushes.page': 'reading',
  'pushes.page.count': 'reading',
  'pushes.last': 'reading',
  'pushRows.page': 'reading',
  'push.begin': 'recording',
  'push.record': 'recording',
  'push.commit': 'recording',
} as const satisfies Readonly<Record<string, Pace>>;

export type LedgerWork = keyof typeof paces;

export interface PatienceOptions {
  /** No statement may take longer by the server's clock. */
  readonly statementMilliseconds: number;
  /** How long a worker waits for a statement. 10 s where it is not given. */
  readonly deliveryMilliseconds?: number;
  /** How long it waits for a lease to be renewed: see `leasePatience`. 6 s where it is not given. */
  readonly renewalMilliseconds?: number;
  /** How much later than by the server itself a statement is given up: its answer is better than none. 5 s by default. */
  readonly graceMilliseconds?: number;
}

const readingMilliseconds = 60_000;
const tidyingMilliseconds = 30 * 60_000;

/**
 * How long a worker waits, with leases of so many milliseconds. A lease is renewed when a third of it is over: there is time
 * left to ask twice more.
 */
export function leasePatience(
  leaseMilliseconds: number,
): Required<Pick<PatienceOptions, 'deliveryMilliseconds' | 'renewalMilliseconds'>> {
  return {
    // Shorter, and it would end what is only slow: the lease is renewed meanwhile.
    deliveryMilliseconds: Math.min(10_000, Math.max(1_000, leaseMilliseconds / 3)),
    renewalMilliseconds: Math.min(10_000, leaseMilliseconds / 5),
  };
}

/** How long a statement may take, in milliseconds. */
export interface StatementLimit {
  /** By this side's clock; then its connection is given up. The server's limit is of no use where the way to it is silent. */
  readonly patience: number;
  /** By the server's clock; then it ends the statement, which would otherwise go on when nobody waits any more. */
  readonly atServer: number;
}

/**
 * What limits the statements of each pace. In an embedded ledger, to which there is no way and whose sessions have no limits,
 * each may have to wait for a transaction of somebody else.
 */
export function statementLimits(
  dialect: LedgerTarget['dialect'],
  {
    statementMilliseconds,
    deliveryMilliseconds = 10_000,
    renewalMilliseconds = 6_000,
    graceMilliseconds = 5_000,
  }: PatienceOptions,
): Readonly<Record<Pace, StatementLimit>> {
  const recording = { patience: statementMilliseconds + graceMilliseconds, atServer: statementMilliseconds };
  if (dialect === 'pglite') {
    const opening = { ...recording, patience: tidyingMilliseconds };
    return { renewal: recording, delivery: recording, ending: recording, reading: recording, recording, opening };
  }
  const atMost = (milliseconds: number): StatementLimit => ({
    patience: Math.min(milliseconds, recording.patience),
    // The server's word comes first where there is one: it costs no connection.
    atServer: Math.min(milliseconds * 0.9, recording.atServer),
  });
  return {
    renewal: atMost(renewalMilliseconds),
    delivery: atMost(deliveryMilliseconds),
    ending: recording,
    reading: atMost(readingMilliseconds),
    recording,
    opening: recording,
  };
}
