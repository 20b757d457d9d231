import type { LedgerConfig } from '../config/ledger.ts';
import type { PushConfig } from '../config/push.ts';
import { type Ledger, type LedgerOptions, openLedger } from '../db/ledger/connect.ts';
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

export interface OpeningLedger extends Pick<LedgerOptions, 'openTarget' | 'maxConnections' | 'onlyReads'> {
  readonly push: PushConfig;
  /** Whether the backlog may be read, which opens the ledger. */
  readonly statusOpens: () => boolean;
  readonly logger: Log;
  readonly telemetry: Pick<Telemetry, 'queryEnded'>;
}

/** Opens a ledger whose failures are logged. */
export function openLoggedLedger({ push, logger, telemetry, ...options }: OpeningLedger): Ledger {
  return openLedger({
    ...options,
    onQueryEnd: telemetry.queryEnded.ledger,
    batchRows: push.batchRows,
    waitMilliseconds: 10_000,
    // Recording a push, and copying rows for a retry, take statements with many rows.
    statementMilliseconds: 300_000,
    ...leaseTimeouts(push.delivery.leaseMilliseconds),
    onConnectionLost: (error) => logger.warn({ err: error }, 'a connection to the ledger was lost'),
    onFault: (name, fault, error) =>
      logger.error({ query: name, fault: fault.kind, explanation: fault.explanation, err: error }, 'the ledger failed'),
  });
}
