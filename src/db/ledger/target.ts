import {
  explainFault,
  hostAndPort,
  type KnownFaults,
  knownFault,
  type StoreAddress,
  type StoreFault,
} from '../store-faults.ts';
import { LedgerTimeout } from './limited-client.ts';

/** A database for the ledger; `host` may be the folder of a Unix socket. */
export interface LedgerTarget {
  /** pglite is a PostgreSQL whose clients all share one session. */
  readonly dialect: 'postgres' | 'pglite';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: { readonly user: string; readonly password: string };
  readonly tls: { readonly caFile: string | null } | null;
}

const kinds = { postgres: 'PostgreSQL', pglite: 'embedded' } as const;

/** What a ledger is, where it is, and as whom it is asked. */
export function titleOf(target: LedgerTarget): string {
  return `${kinds[target.dialect]} at ${hostAndPort(target)}, database ${target.database}, as ${placeOf(target).who}`;
}

/** What an error from the ledger or its driver means. */
export function faultOf(error: unknown, target: LedgerTarget): StoreFault {
  if (target.dialect === 'pglite') {
    if (error instanceof LedgerTimeout) return { kind: 'timeout', explanation: embeddedIsBusy };
    return explainFault(error, placeOf(target), embeddedFaults);
  }
  if (error instanceof LedgerTimeout) {
    const explanation = `The ledger at ${hostAndPort(target)} did not answer in time, and the connection was given up. Check the way to it, and its load.`;
    return { kind: 'timeout', explanation };
  }
  return explainFault(error, placeOf(target), ledgerFaults);
}

function placeOf({ host, port, database, login }: LedgerTarget): StoreAddress {
  return { store: 'ledger', variable: 'LEDGER', host, port, database, who: `user ${login.user}` };
}

const readOnly = knownFault(
  'refused',
  (place) =>
    `The ledger at ${hostAndPort(place)} can only be read: it is a standby, or its transactions are read-only by default. ` +
    'Name in LEDGER_URL the server that takes writes.',
);

const ledgerFaults: KnownFaults = {
  byCode: {
    '42501': knownFault(
      'refused',
      ({ who, database }, message) =>
        `${who} lacks a right: ${message}. It must own the schema ledger, or may make it (create on database ${database}).`,
    ),
    '25006': readOnly,
    '25P03': knownFault(
      'lost',
      () => 'A transaction was left waiting for too long, and the ledger ended it; nothing of it was kept.',
    ),
    '55P03': knownFault(
      'timeout',
      () => 'A statement waited too long for what another session has locked, and the ledger ended it.',
    ),
    '53100': knownFault('refused', (place) => `The disk of the ledger at ${hostAndPort(place)} is full.`),
  },
  byMessage: [],
};

const embeddedIsBusy =
  'The embedded ledger, which has one session for all, did not answer in time. Either a push is still being recorded, or a ' +
  'client keeps it busy: see whether somebody has left a transaction open.';

const embeddedFaults: KnownFaults = {
  byCode: ledgerFaults.byCode,
  byMessage: [
    // How the pool and the driver say that a connection did not come.
    [
      /^timeout exceeded when trying to connect|connection timeout$|^timeout expired$/,
      knownFault('unreachable', () => embeddedIsBusy),
    ],
  ],
};
