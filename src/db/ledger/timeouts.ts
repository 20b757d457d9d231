import type { LedgerTarget } from './target.ts';

/**
 * The ledger's connection pools. Each has its own connections and timeouts.
 * - recording: a push is planned and written in one transaction, which keeps its connection
 * - leases: a worker renews its lease, however busy the other pools are
 * - delivery: what else a worker does, and the pruning of old rows
 * - reading: a request, also one that saves a query. Its statements may take longer than a worker's, so it can't share delivery's connections
 */
export type PoolName = 'recording' | 'leases' | 'delivery' | 'reading';

/** Each operation on the ledger, by its stable name, and the pool that it uses. */
export const poolOf = {
  'push.claim': 'delivery',
  'push.renew': 'leases',
  'push.release': 'delivery',
  'push.handover': 'delivery',
  'push.progress': 'delivery',
  'push.nextBatch': 'delivery',
  'push.wait': 'delivery',
  'push.resumed': 'delivery',
  'push.attempt': 'delivery',
  'push.settle': 'delivery',
  'push.postpone': 'delivery',
  'push.split': 'delivery',
  'push.finish': 'delivery',
  'push.takeEnded': 'delivery',
  'push.prune': 'delivery',
  'push.receipts': 'reading',
  'push.previous': 'reading',
  'push.known': 'reading',
  'push.cancel': 'reading',
  'push.backlog': 'reading',
  'push.resume': 'reading',
  'pushes.byId': 'reading',
  'pushes.page': 'reading',
  'pushes.page.count': 'reading',
  'pushes.last': 'reading',
  'pushRows.page': 'reading',
  'savedQueries.page': 'reading',
  'savedQueries.page.count': 'reading',
  'savedQueries.byId': 'reading',
  'savedQueries.save': 'reading',
  'savedQueries.delete': 'reading',
  'push.begin': 'recording',
  'push.record': 'recording',
  'push.commit': 'recording',
} as const satisfies Readonly<Record<string, PoolName>>;

export type LedgerOperation = keyof typeof poolOf;

/**
 * Splits the connections among the pools: one for leases, the rest evenly, at least one for each. Delivery gets the remainder.
 *
 * @param onlyReads all connections are for reads.
 */
export function poolSizes(connections: number, onlyReads = false): Readonly<Record<PoolName, number>> {
  if (onlyReads) return { leases: 0, recording: 0, reading: connections, delivery: 0 };
  const third = Math.max(1, Math.floor((connections - 1) / 3));
  return { leases: 1, recording: third, reading: third, delivery: Math.max(1, connections - 1 - 2 * third) };
}

export interface TimeoutOptions {
  /** The server's limit for any statement. */
  readonly statementMilliseconds: number;
  /** How long a worker waits for a statement. Default: 10 s. */
  readonly deliveryMilliseconds?: number;
  /** How long a worker waits for the renewal of its lease; see `leaseTimeouts`. Default: 6 s. */
  readonly renewalMilliseconds?: number;
  /** How much longer than the server this process waits for a recording's statement. Default: 5 s. */
  readonly graceMilliseconds?: number;
}

/**
 * The timeouts of a worker whose leases last `leaseMilliseconds`. It renews a lease after a third of that time, so two
 * renewals may time out before the lease ends.
 */
export function leaseTimeouts(
  leaseMilliseconds: number,
): Required<Pick<TimeoutOptions, 'deliveryMilliseconds' | 'renewalMilliseconds'>> {
  return {
    // At least 1 s: a slow statement may finish, as the lease is renewed meanwhile.
    deliveryMilliseconds: Math.min(10_000, Math.max(1_000, leaseMilliseconds / 3)),
    renewalMilliseconds: Math.min(10_000, leaseMilliseconds / 5),
  };
}

/** How long a statement may take, in milliseconds. */
export interface StatementTimeout {
  /** In this process; then the connection is dropped. Needed because no answer comes over a silent network. */
  readonly client: number;
  /** On the server, which then ends the statement: otherwise it would continue after the client has given up. */
  readonly server: number;
}

export interface LedgerTimeouts extends Readonly<Record<PoolName, StatementTimeout>> {
  readonly migration: StatementTimeout;
}

const readingMilliseconds = 60_000;
const embeddedMigrationMilliseconds = 30 * 60_000;

/**
 * The timeouts of each pool. In an embedded ledger, any statement may have to wait for a transaction of another client, and
 * the server has no timeouts.
 */
export function ledgerTimeouts(
  dialect: LedgerTarget['dialect'],
  {
    statementMilliseconds,
    deliveryMilliseconds = 10_000,
    renewalMilliseconds = 6_000,
    graceMilliseconds = 5_000,
  }: TimeoutOptions,
): LedgerTimeouts {
  const recording = { client: statementMilliseconds + graceMilliseconds, server: statementMilliseconds };
  if (dialect === 'pglite') {
    const migration = { ...recording, client: embeddedMigrationMilliseconds };
    return { recording, leases: recording, delivery: recording, reading: recording, migration };
  }
  const atMost = (milliseconds: number): StatementTimeout => ({
    client: Math.min(milliseconds, recording.client),
    // Before the client: the connection survives a timeout of the server.
    server: Math.min(milliseconds * 0.9, recording.server),
  });
  return {
    recording,
    leases: atMost(renewalMilliseconds),
    delivery: atMost(deliveryMilliseconds),
    reading: atMost(readingMilliseconds),
    migration: recording,
  };
}
