import type { LedgerConfig } from '../config/ledger.ts';
import type { PushConfig } from '../config/push.ts';
import { type Ledger, type LedgerOptions, migrateLedger, type OpenTarget, openLedger } from '../db/ledger/connect.ts';
import type { LedgerTarget } from '../db/ledger/target.ts';
import { leaseTimeouts } from '../db/ledger/timeouts.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Log } from './start.ts';

/** The embedded ledger has one session, which all connections share. */
const embeddedConnections = 5;

/** Splits the connections, at least five: a fifth answers reads, the rest plans, records and delivers pushes. */
export function sharesOfLedger(config: LedgerConfig): Readonly<Record<'reads' | 'pushes', number>> {
  const connections = config.kind === 'server' ? config.connections : embeddedConnections;
  const reads = Math.max(1, Math.floor(connections / 5));
  return { reads, pushes: connections - reads };
}

/** Where the ledger is, as the threads share it. Contains a secret: do not log it. */
export type LedgerPlace = Omit<OpenTarget, 'close'>;

export interface OpeningLedger extends Pick<LedgerOptions, 'maxConnections' | 'onlyReads'> {
  readonly place: () => Promise<LedgerPlace>;
  readonly push: PushConfig;
  /** Whether the backlog may be read, which opens the ledger. */
  readonly statusOpens: () => boolean;
  readonly logger: Log;
  readonly telemetry: Pick<Telemetry, 'queryEnded'>;
}

// Recording a push, and copying rows for a retry, take statements with many rows.
const timeouts = { waitMilliseconds: 10_000, statementMilliseconds: 300_000 };

const connectionLost = (logger: Log) => (error: Error) =>
  logger.warn({ err: error }, 'a connection to the ledger was lost');

/** Migrates a ledger before it is opened, which may be by several threads. Throws like `migrateLedger`. */
export const migrateBeforeUse = (target: LedgerTarget, logger: Log): Promise<void> =>
  migrateLedger(target, { ...timeouts, onConnectionLost: connectionLost(logger) });

/** Opens a ledger whose failures are logged. */
export function openLoggedLedger({ place, push, logger, telemetry, ...options }: OpeningLedger): Ledger {
  return openLedger({
    ...options,
    openTarget: async () => ({ ...(await place()), close: async () => {} }),
    onQueryEnd: telemetry.queryEnded.ledger,
    batchRows: push.batchRows,
    ...timeouts,
    ...leaseTimeouts(push.delivery.leaseMilliseconds),
    onConnectionLost: connectionLost(logger),
    onFault: (name, fault, error) =>
      logger.error({ query: name, fault: fault.kind, explanation: fault.explanation, err: error }, 'the ledger failed'),
  });
}
