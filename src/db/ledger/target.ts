import {
  explainFault,
  hostAndPort,
  type KnownFaults,
  knownFault,
  type StoreAddress,
  type StoreFault,
} from '../store-faults.ts';

/** A database for the ledger; `host` may be the folder of a Unix socket. */
export interface LedgerTarget {
  /** pglite: a PostgreSQL whose clients share one session. */
  readonly dialect: 'postgres' | 'pglite';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: { readonly user: string; readonly password: string };
  readonly tls: { readonly caFile: string | null } | null;
}

/** The ledger's configuration or version does not fit. The message says what to do, and holds no secret. */
export class LedgerSetupError extends Error {
  override readonly name = 'LedgerSetupError';
}

const kinds = { postgres: 'PostgreSQL', pglite: 'embedded' } as const;

/** The ledger's kind, address and user, for display. */
export function titleOf(target: LedgerTarget): string {
  return `${kinds[target.dialect]} at ${hostAndPort(target)}, database ${target.database}, as ${addressOf(target).who}`;
}

/** What an error of the ledger or its driver means. */
export function faultOf(error: unknown, target: LedgerTarget): StoreFault {
  return explainFault(error, addressOf(target), target.dialect === 'pglite' ? embeddedFaults : serverFaults);
}

function addressOf({ host, port, database, login }: LedgerTarget): StoreAddress {
  return { store: 'ledger', variable: 'LEDGER', host, port, database, who: `user ${login.user}` };
}

/** The message of pg's own client-side timeout. */
const readTimeout = /^Query read timeout$/;

const readOnly = knownFault(
  'refused',
  (address) =>
    `The ledger at ${hostAndPort(address)} is read-only: it is a standby, or its transactions are read-only by default. ` +
    'Set LEDGER_URL to the server that accepts writes.',
);

const serverFaults: KnownFaults = {
  byCode: {
    '42501': knownFault(
      'refused',
      ({ who, database }, message) =>
        `${who} lacks a right: ${message}. It must own the schema ledger, or be able to create it (create on database ${database}).`,
    ),
    '25006': readOnly,
    '25P03': knownFault('lost', () => 'A transaction was idle for too long. The ledger rolled it back.'),
    '55P03': knownFault(
      'timeout',
      () => 'A statement waited too long for a lock of another session. The ledger ended it.',
    ),
    '53100': knownFault(
      'refused',
      (address) =>
        `The disk of the ledger at ${hostAndPort(address)} is full. Free space, but delete nothing of the ledger: it can't be rebuilt.`,
    ),
  },
  byMessage: [
    [
      readTimeout,
      knownFault(
        'timeout',
        (address) =>
          `The ledger at ${hostAndPort(address)} did not answer in time, and the connection was dropped. Check the network and the ledger's load.`,
      ),
    ],
  ],
};

const embeddedIsBusy = () =>
  'The embedded ledger, which has one session, did not answer in time. A push is still being recorded, or another client ' +
  'keeps the session busy: check for a transaction that was left open.';

const embeddedFaults: KnownFaults = {
  byCode: serverFaults.byCode,
  byMessage: [
    [readTimeout, knownFault('timeout', embeddedIsBusy)],
    // The messages of the pool and the driver when no connection is available in time.
    [
      /^timeout exceeded when trying to connect|connection timeout$|^timeout expired$/,
      knownFault('unreachable', embeddedIsBusy),
    ],
  ],
};
