/**
 * Kinds of errors between the service and a store.
 * - unreachable: no connection could be opened; retry, or wait until the server is back
 * - lost: an open connection broke; a new one may work
 * - refused: the configuration or the store's privileges must be corrected
 * - timeout: a statement exceeded its time limit and was cancelled
 * - moved: a table was replaced while the statement ran; the same statement works now
 * - unbuilt: the schema that the service reads does not exist yet
 * - missing: a table that the service reads does not exist: not yet, or dbt is replacing it
 * - outdated: a column that the service reads does not exist: the models that made the table are older than the service
 * - statement: any other error that the server reports for a statement
 */
export type StoreFaultKind =
  | 'unreachable'
  | 'lost'
  | 'refused'
  | 'timeout'
  | 'moved'
  | 'unbuilt'
  | 'missing'
  | 'outdated'
  | 'statement';

export interface StoreFault {
  readonly kind: StoreFaultKind;
  /** For operators: the cause and what to check. Contains no secret. */
  readonly explanation: string;
}

/** Where a store is, and how messages name it. Contains no secret. */
export interface StoreAddress {
  /** `warehouse` or `ledger`. */
  readonly store: string;
  /** Prefix of its environment variables: `WAREHOUSE` or `LEDGER`. */
  readonly variable: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The user that connects, as messages name it. */
  readonly who: string;
}

export interface KnownFault {
  readonly kind: StoreFaultKind;
  readonly explain: (place: StoreAddress, message: string) => string;
}

/** Known errors, by `code` (Node, PostgreSQL) or `name` (AWS SDK); by message if a library sets no code. */
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
    `The connection to ${hostAndPort(place)} broke. The service reconnects automatically. If this continues, check the server's log.`,
);
const silent = knownFault(
  'unreachable',
  (place) =>
    `Timed out waiting for a connection to ${hostAndPort(place)}. Either all connections (${place.variable}_CONNECTIONS) are in use, or the host ` +
    `does not respond: check the security group, the route into its VPC, and that the ${place.store} is not paused.`,
);
const untrusted = knownFault(
  'refused',
  (place) =>
    `The certificate of ${hostAndPort(place)} was issued by an authority that this process does not trust. Set ${place.variable}_CA to a PEM file of that authority's certificates.`,
);
const wrongPassword = knownFault('refused', (place, message) =>
  /no encryption|SSL off/i.test(message)
    ? `The ${place.store} at ${hostAndPort(place)} accepts encrypted connections only. Remove sslmode=disable from ${place.variable}_URL.`
    : `The ${place.store} at ${hostAndPort(place)} rejected the login of ${place.who}. Check the user, the password (${place.variable}_PASSWORD), and that the server accepts this user from this host.`,
);

/** Errors of any server that speaks PostgreSQL's protocol, and of the network path to it. */
const common: KnownFaults = {
  byCode: {
    ECONNREFUSED: knownFault(
      'unreachable',
      (place) =>
        `Nothing listens at ${hostAndPort(place)}. Check the host and port in ${place.variable}_URL, and that the server is running.`,
    ),
    ENOTFOUND: knownFault(
      'refused',
      (place) =>
        `The host name ${place.host} does not exist. Check it in ${place.variable}_URL, and this machine's DNS.`,
    ),
    EAI_AGAIN: knownFault(
      'unreachable',
      (place) => `Looking up the host name ${place.host} failed. Check this machine's DNS.`,
    ),
    ENOENT: knownFault(
      'unreachable',
      (place) => `There is no server socket in ${place.host}. Check that the server is running.`,
    ),
    ETIMEDOUT: silent,
    EHOSTUNREACH: silent,
    ENETUNREACH: silent,
    ECONNRESET: lost,
    EPIPE: lost,
    '57P01': lost,
    '57P02': lost,
    '57P03': knownFault(
      'unreachable',
      (place) => `The ${place.store} at ${hostAndPort(place)} is starting up or shutting down.`,
    ),
    '53300': knownFault(
      'unreachable',
      (place) =>
        `The ${place.store} at ${hostAndPort(place)} has reached its connection limit. Lower ${place.variable}_CONNECTIONS here, or the connections of other services.`,
    ),
    '28P01': wrongPassword,
    '28000': wrongPassword,
    '3D000': knownFault(
      'refused',
      (place) =>
        `The database ${place.database} does not exist at ${hostAndPort(place)}. Check the database name at the end of ${place.variable}_URL.`,
    ),
    '57014': knownFault(
      'timeout',
      (place) => `The ${place.store} cancelled the statement because it exceeded its time limit.`,
    ),
    SELF_SIGNED_CERT_IN_CHAIN: untrusted,
    DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT: untrusted,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
    CERT_HAS_EXPIRED: knownFault(
      'refused',
      (place) => `The certificate of ${hostAndPort(place)} has expired. Renew it on the server.`,
    ),
    ERR_TLS_CERT_ALTNAME_INVALID: knownFault(
      'refused',
      (place, message) =>
        `The certificate of ${hostAndPort(place)} does not match the host name (${message}). Use the certificate's name in ${place.variable}_URL.`,
    ),
  },
  byMessage: [
    [
      /client password must be/,
      knownFault(
        'refused',
        (place) =>
          `The ${place.store} at ${hostAndPort(place)} requires a password for ${place.who}. Set ${place.variable}_PASSWORD.`,
      ),
    ],
    [/^timeout exceeded when trying to connect|connection timeout$|^timeout expired$/, silent],
    // The last one is Kysely's message after a failed rollback.
    [
      /^Connection terminated|^Client has encountered a connection error|socket has been ended|^Postgres connection has been discarded/,
      lost,
    ],
    [
      /does not support SSL connections/,
      knownFault(
        'refused',
        (place) =>
          `The server at ${hostAndPort(place)} does not support TLS. If this is intended, add ?sslmode=disable to ${place.variable}_URL.`,
      ),
    ],
  ],
};

/** Explains an error from a store, its driver or AWS. `own` holds the errors that only this store knows. */
export function explainFault(error: unknown, place: StoreAddress, own: KnownFaults): StoreFault {
  // If a host has several addresses, Node reports an error for each; the first one is representative.
  if (error instanceof AggregateError && error.errors.length > 0) return explainFault(error.errors[0], place, own);
  const message = error instanceof Error ? error.message : String(error);
  const { code, name, syscall } = (error ?? {}) as { code?: unknown; name?: unknown; syscall?: unknown };
  // ETIMEDOUT also ends an open connection whose keep-alive gets no response.
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
