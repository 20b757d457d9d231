/**
 * What went wrong between the service and a store.
 * - unreachable: no connection was to be had; passes by itself or when the server is back
 * - lost: a connection broke; the next one may be good
 * - refused: the configuration or the store's rights have to be mended
 * - timeout: a statement took too long, and was ended
 * - moved: a table was replaced under the statement; the same statement works now
 * - unbuilt: what the service reads is not there yet
 * - statement: anything else that the server says of a statement
 */
export type StoreFaultKind = 'unreachable' | 'lost' | 'refused' | 'timeout' | 'moved' | 'unbuilt' | 'statement';

export interface StoreFault {
  readonly kind: StoreFaultKind;
  /** For an operator: what it means and what to check. Holds no secret. */
  readonly explanation: string;
}

/** Where a store is and how it is spoken of. Holds no secret. */
export interface StoreAddress {
  /** "warehouse" or "ledger". */
  readonly store: string;
  /** What the names of its variables begin with: WAREHOUSE or LEDGER. */
  readonly variable: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** As whom it is asked. */
  readonly who: string;
}

export interface KnownFault {
  readonly kind: StoreFaultKind;
  readonly explain: (place: StoreAddress, message: string) => string;
}

/** What is known of errors: by `code` (Node, PostgreSQL) or `name` (AWS SDK), and where a library gives no code. */
export interface KnownFaults {
  readonly byCode: Readonly<Record<string, KnownFault>>;
  readonly byMessage: readonly (readonly [RegExp, KnownFault])[];
}

export const knownFault = (kind: StoreFaultKind, explain: KnownFault['explain']): KnownFault => ({ kind, explain });

export const hostAndPort = ({ host, port }: Pick<StoreAddress, 'host' | 'port'>): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

const lost = knownFault(
  'lost',
  (place) =>
    `The connection to ${hostAndPort(place)} broke. It is opened anew by itself; see the server's log if it goes on.`,
);
const silent = knownFault(
  'unreachable',
  (place) =>
    `No connection to ${hostAndPort(place)} was to be had in time. Either all of ${place.variable}_CONNECTIONS are busy, or nothing ` +
    `answers there: check the security group, the route into its VPC, and that the ${place.store} is not paused.`,
);
const untrusted = knownFault(
  'refused',
  (place) =>
    `The certificate of ${hostAndPort(place)} comes from an authority that is not trusted here. Give its certificates (PEM) as ${place.variable}_CA.`,
);
const wrongPassword = knownFault('refused', (place, message) =>
  /no encryption|SSL off/i.test(message)
    ? `The ${place.store} at ${hostAndPort(place)} takes encrypted connections only: drop sslmode=disable from ${place.variable}_URL.`
    : `The ${place.store} at ${hostAndPort(place)} refused ${place.who}. Check user and password (${place.variable}_PASSWORD), and that this user may connect from here.`,
);

/** Faults of any server that speaks PostgreSQL's protocol, and of the way to it. */
const common: KnownFaults = {
  byCode: {
    ECONNREFUSED: knownFault(
      'unreachable',
      (place) =>
        `Nothing listens at ${hostAndPort(place)}. Check host and port in ${place.variable}_URL, and that the server runs.`,
    ),
    ENOTFOUND: knownFault(
      'refused',
      (place) =>
        `The host ${place.host} is not known. Check its name in ${place.variable}_URL, and this machine's DNS.`,
    ),
    EAI_AGAIN: knownFault(
      'unreachable',
      (place) => `The name ${place.host} could not be looked up. Check this machine's DNS.`,
    ),
    ENOENT: knownFault('unreachable', (place) => `There is no socket in ${place.host}. Is the server running?`),
    ETIMEDOUT: silent,
    EHOSTUNREACH: silent,
    ENETUNREACH: silent,
    ECONNRESET: lost,
    EPIPE: lost,
    '57P01': lost,
    '57P02': lost,
    '57P03': knownFault(
      'unreachable',
      (place) => `The ${place.store} at ${hostAndPort(place)} is starting or stopping.`,
    ),
    '53300': knownFault(
      'unreachable',
      (place) =>
        `The ${place.store} at ${hostAndPort(place)} has no connection left. Lower ${place.variable}_CONNECTIONS, here or in other services.`,
    ),
    '28P01': wrongPassword,
    '28000': wrongPassword,
    '3D000': knownFault(
      'refused',
      (place) =>
        `There is no database ${place.database} at ${hostAndPort(place)}. Check the end of ${place.variable}_URL.`,
    ),
    '57014': knownFault(
      'timeout',
      (place) => `The statement took longer than it may, and the ${place.store} ended it.`,
    ),
    SELF_SIGNED_CERT_IN_CHAIN: untrusted,
    DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
    CERT_HAS_EXPIRED: knownFault('refused', (place) => `The certificate of ${hostAndPort(place)} has expired.`),
    ERR_TLS_CERT_ALTNAME_INVALID: knownFault(
      'refused',
      (place, message) =>
        `The certificate of ${hostAndPort(place)} is for another name (${message}). Use in ${place.variable}_URL the name that it is for.`,
    ),
  },
  byMessage: [
    [
      /client password must be/,
      knownFault(
        'refused',
        (place) =>
          `The ${place.store} at ${hostAndPort(place)} asks ${place.who} for a password: give ${place.variable}_PASSWORD.`,
      ),
    ],
    [/^timeout exceeded when trying to connect|connection timeout$|^timeout expired$/, silent],
    // The last is what Kysely says where it could not even roll back.
    [
      /^Connection terminated|^Client has encountered a connection error|socket has been ended|^Postgres connection has been discarded/,
      lost,
    ],
    [
      /does not support SSL connections/,
      knownFault(
        'refused',
        (place) =>
          `The server at ${hostAndPort(place)} offers no TLS. If that is meant, add ?sslmode=disable to ${place.variable}_URL.`,
      ),
    ],
  ],
};

/** What an error from a store, its driver or AWS means; `own` is what is known of this store's errors alone. */
export function explainFault(error: unknown, place: StoreAddress, own: KnownFaults): StoreFault {
  // With several addresses for a host, Node tells of all of them; the first is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0) return explainFault(error.errors[0], place, own);
  const message = error instanceof Error ? error.message : String(error);
  const { code, name, syscall } = (error ?? {}) as { code?: unknown; name?: unknown; syscall?: unknown };
  // ETIMEDOUT is also what a connection at work ends with when the keep-alive finds nobody there.
  if (syscall === 'read' || syscall === 'write') return { kind: lost.kind, explanation: lost.explain(place, message) };
  const byCode = { ...common.byCode, ...own.byCode };
  const found =
    byCode[String(code)] ??
    byCode[String(name)] ??
    [...own.byMessage, ...common.byMessage].find(([pattern]) => pattern.test(message))?.[1];
  return found
    ? { kind: found.kind, explanation: found.explain(place, message) }
    : { kind: 'statement', explanation: message };
}
