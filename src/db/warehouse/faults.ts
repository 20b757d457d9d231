import type { WarehouseTarget } from './pool.ts';

/**
 * What went wrong between the service and its warehouse.
 * - unreachable: no connection was to be had; passes by itself or when the server is back
 * - lost: a connection broke; the next one may be good
 * - refused: the configuration or the warehouse's rights have to be mended
 * - timeout: a statement took too long, and was ended
 * - moved: a table was replaced under the statement; the same statement works now
 * - unbuilt: what the service reads is not there yet
 * - statement: anything else that the server says of a statement
 */
export type FaultKind = 'unreachable' | 'lost' | 'refused' | 'timeout' | 'moved' | 'unbuilt' | 'statement';

export interface Fault {
  readonly kind: FaultKind;
  /** For an operator: what it means and what to check. Holds no secret. */
  readonly explanation: string;
}

interface Known {
  readonly kind: FaultKind;
  readonly explain: (target: WarehouseTarget, message: string) => string;
}

const known = (kind: FaultKind, explain: Known['explain']): Known => ({ kind, explain });

const at = ({ host, port }: WarehouseTarget): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
const who = ({ login }: WarehouseTarget): string =>
  login.kind === 'password' ? `user ${login.user}` : 'the user that IAM gives';

const kinds = { redshift: 'Redshift', postgres: 'PostgreSQL', pglite: 'embedded' } as const;

/** What a warehouse is, where it is, and as whom it is asked. */
export function titleOf(target: WarehouseTarget): string {
  return `${kinds[target.dialect]} at ${at(target)}, database ${target.database}, as ${who(target)}`;
}

const lost = known(
  'lost',
  (target) => `The connection to ${at(target)} broke. It is opened anew by itself; see the server's log if it goes on.`,
);
const silent = known(
  'unreachable',
  (target) =>
    `No connection to ${at(target)} was to be had in time. Either all of WAREHOUSE_CONNECTIONS are busy, or nothing answers ` +
    'there: check the security group, the route into its VPC, and that the warehouse is not paused.',
);
const untrusted = known(
  'refused',
  (target) =>
    `The certificate of ${at(target)} comes from an authority that is not trusted here. Give its certificates (PEM) as WAREHOUSE_CA.`,
);
const wrongPassword = known('refused', (target, message) =>
  /no encryption|SSL off/i.test(message)
    ? `The warehouse at ${at(target)} takes encrypted connections only: drop sslmode=disable from WAREHOUSE_URL.`
    : `The warehouse at ${at(target)} refused ${who(target)}. Check user and password (WAREHOUSE_PASSWORD), and that this user may connect from here.`,
);
const awsDenied = known(
  'refused',
  () =>
    'AWS refused a login to the warehouse. The IAM identity of this process needs redshift:GetClusterCredentialsWithIAM ' +
    '(provisioned) or redshift-serverless:GetCredentials (serverless) on this warehouse and database.',
);
const awsUnknown = known(
  'refused',
  () =>
    'AWS knows no such cluster or workgroup in that region. Check the host in WAREHOUSE_URL, or its cluster, workgroup and region.',
);
const awsAnonymous = known(
  'refused',
  () =>
    'This process has no AWS credentials, or they have expired, so IAM can give it no login. Give it a role (container, ' +
    'instance), AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or put user and password into WAREHOUSE_URL.',
);
const awsSilent = known(
  'unreachable',
  (_, what) =>
    `AWS gives no login just now (${what}). Check that AWS's API for Redshift can be reached from here (NAT gateway or ` +
    'interface endpoint of the VPC), and the region in WAREHOUSE_URL.',
);

/** By `code` (Node, PostgreSQL) or `name` (AWS SDK). */
const byCode: Readonly<Record<string, Known>> = {
  ECONNREFUSED: known(
    'unreachable',
    (target) => `Nothing listens at ${at(target)}. Check host and port in WAREHOUSE_URL, and that the server runs.`,
  ),
  ENOTFOUND: known(
    'refused',
    (target) => `The host ${target.host} is not known. Check its name in WAREHOUSE_URL, and this machine's DNS.`,
  ),
  EAI_AGAIN: known(
    'unreachable',
    (target) => `The name ${target.host} could not be looked up. Check this machine's DNS.`,
  ),
  ENOENT: known('unreachable', (target) => `There is no socket in ${target.host}. Is the server running?`),
  ETIMEDOUT: silent,
  EHOSTUNREACH: silent,
  ENETUNREACH: silent,
  ECONNRESET: lost,
  EPIPE: lost,
  '57P01': lost,
  '57P02': lost,
  '57P03': known('unreachable', (target) => `The warehouse at ${at(target)} is starting or stopping.`),
  '53300': known(
    'unreachable',
    (target) =>
      `The warehouse at ${at(target)} has no connection left. Lower WAREHOUSE_CONNECTIONS, here or in other services.`,
  ),
  '28P01': wrongPassword,
  '28000': wrongPassword,
  '3D000': known(
    'refused',
    (target) => `There is no database ${target.database} at ${at(target)}. Check the end of WAREHOUSE_URL.`,
  ),
  '42501': known(
    'refused',
    (target, message) =>
      `${who(target)} lacks a right: ${message}. Grant it the role attribution_reader (docs/liquibase.md).`,
  ),
  '57014': known('timeout', () => 'The statement took longer than it may, and the warehouse ended it.'),
  '42P01': known(
    'unbuilt',
    (_, message) => `${message}. Run the pipeline once (dbt build): it makes what the service reads.`,
  ),
  '3F000': known(
    'unbuilt',
    (_, message) => `${message}. Run Liquibase and the pipeline once: they make what the service reads.`,
  ),
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_HAS_EXPIRED: known('refused', (target) => `The certificate of ${at(target)} has expired.`),
  ERR_TLS_CERT_ALTNAME_INVALID: known(
    'refused',
    (target, message) =>
      `The certificate of ${at(target)} is for another name (${message}). Use in WAREHOUSE_URL the name that it is for.`,
  ),
  AccessDenied: awsDenied,
  AccessDeniedException: awsDenied,
  UnsupportedOperation: awsDenied,
  ClusterNotFound: awsUnknown,
  ClusterNotFoundFault: awsUnknown,
  ResourceNotFoundException: awsUnknown,
  CredentialsProviderError: awsAnonymous,
  ExpiredToken: awsAnonymous,
  ExpiredTokenException: awsAnonymous,
  InvalidClientTokenId: awsAnonymous,
  UnrecognizedClientException: awsAnonymous,
};

/** Where a library gives no code. */
const byMessage: readonly (readonly [RegExp, Known])[] = [
  [/^timeout exceeded when trying to connect|connection timeout$|^timeout expired$/, silent],
  [/^Connection terminated|^Client has encountered a connection error|socket has been ended/, lost],
  [
    /does not support SSL connections/,
    known(
      'refused',
      (target) => `The server at ${at(target)} offers no TLS. If that is meant, add ?sslmode=disable to WAREHOUSE_URL.`,
    ),
  ],
  // Redshift, when dbt replaced a table under a statement that was already under way; 1018 and 1023 are its own codes,
  // which then begin the message.
  [
    /could not open relation with OID|dropped by a(nother)? concurrent|^(1018|1023)\b/i,
    known('moved', () => 'A table was replaced while the statement ran.'),
  ],
];

/** A statement did not end although the server was told to end it. */
export class NoAnswer extends Error {
  constructor() {
    super('The warehouse did not end in time a statement that it was told to end; its session was given up.');
  }
}

/** What an error from the warehouse, its driver or AWS means. */
export function faultOf(error: unknown, target: WarehouseTarget): Fault {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof NoAnswer) return { kind: 'timeout', explanation: message };
  const { code, name, syscall, $metadata } = (error ?? {}) as Readonly<Record<string, unknown>>;
  // The SDK leaves this on whatever failed between it and AWS: a code is then not the warehouse's. A message may quote
  // an answer that could not be read, and with it a password.
  if ($metadata !== undefined) {
    const { kind, explain } = byCode[String(name)] ?? awsSilent;
    return { kind, explanation: explain(target, String(code ?? name)) };
  }
  // With several addresses for a host, Node tells of all of them; the first is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0) return faultOf(error.errors[0], target);
  // ETIMEDOUT is also what a connection at work ends with when the keep-alive finds nobody there.
  if (syscall === 'read' || syscall === 'write') return { kind: lost.kind, explanation: lost.explain(target, message) };
  const found =
    byCode[String(code)] ?? byCode[String(name)] ?? byMessage.find(([pattern]) => pattern.test(message))?.[1];
  if (found) return { kind: found.kind, explanation: found.explain(target, message) };
  return { kind: 'statement', explanation: message };
}
