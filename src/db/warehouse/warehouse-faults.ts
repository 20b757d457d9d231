import {
  explainFault,
  hostAndPort,
  type KnownFaults,
  knownFault,
  type StoreAddress,
  type StoreFault,
} from '../store-faults.ts';
import type { WarehouseTarget } from './pool.ts';

const kinds = { redshift: 'Redshift', postgres: 'PostgreSQL', pglite: 'embedded' } as const;

function placeOf({ host, port, database, login }: WarehouseTarget): StoreAddress {
  const who = login.kind === 'password' ? `user ${login.user}` : 'the user that IAM provides';
  return { store: 'warehouse', variable: 'WAREHOUSE', host, port, database, who };
}

/** The kind of server, its address and the user, for display. */
export function describeTarget(target: WarehouseTarget): string {
  return `${kinds[target.dialect]} at ${hostAndPort(target)}, database ${target.database}, as ${placeOf(target).who}`;
}

const awsDenied = knownFault(
  'refused',
  () =>
    'AWS denied the request for warehouse credentials. The IAM identity of this process needs redshift:GetClusterCredentialsWithIAM ' +
    '(provisioned) or redshift-serverless:GetCredentials (serverless) on this warehouse and database.',
);
const awsUnknown = knownFault(
  'refused',
  () =>
    'The cluster or workgroup does not exist in this AWS region. Check the host in WAREHOUSE_URL, or its cluster, workgroup and region parameters.',
);
const awsAnonymous = knownFault(
  'refused',
  () =>
    'This process has no valid AWS credentials, so IAM can provide no login to the warehouse. Give the process a role (container, ' +
    'instance), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or put a user and password into WAREHOUSE_URL.',
);
const awsSilent = knownFault(
  'unreachable',
  (_, what) =>
    `Requesting warehouse credentials from AWS failed (${what}). Check that this host can reach AWS's Redshift API (NAT gateway or ` +
    'VPC interface endpoint), and the region in WAREHOUSE_URL.',
);

const warehouseFaults: KnownFaults = {
  byCode: {
    '42501': knownFault(
      'refused',
      ({ who }, message) =>
        `${who} lacks a privilege: ${message}. Grant it the role attribution_reader (docs/liquibase.md).`,
    ),
    '42P01': knownFault(
      'missing',
      (_, message) =>
        `${message}. Run the pipeline once (dbt build): it creates the tables that the service reads. If a build is running, ` +
        'it is replacing the table: retry after it.',
    ),
    '42703': knownFault(
      'outdated',
      (_, message) =>
        `${message}. The tables were made by dbt models older than this service. Run the dbt build of this release first.`,
    ),
    '3F000': knownFault(
      'unbuilt',
      (_, message) =>
        `${message}. Run Liquibase and the pipeline once: they create the schemas and tables that the service reads.`,
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
  },
  byMessage: [
    // A prepared statement, on a table that was recreated with other columns. Each session that has it fails once, and is replaced.
    [/cached plan must not change result type/, knownFault('lost', () => 'A table has other columns than before.')],
    // Redshift's errors if dbt replaces a table while a statement runs. 1018 and 1023 are Redshift's own codes, at the
    // start of the message.
    [
      /could not open relation with OID|dropped by a(nother)? concurrent|^(1018|1023)\b/i,
      knownFault('moved', () => 'A table was replaced while the statement ran.'),
    ],
  ],
};

/** The server did not cancel a statement in time. */
export class CancelTimeout extends Error {
  constructor() {
    super('The warehouse did not cancel the statement in time. Its session was terminated.');
  }
}

/** Explains an error from the warehouse, its driver or AWS. */
export function warehouseFault(error: unknown, target: WarehouseTarget): StoreFault {
  if (error instanceof CancelTimeout) return { kind: 'timeout', explanation: error.message };
  const place = placeOf(target);
  const { code, name, $metadata } = (error ?? {}) as Readonly<Record<string, unknown>>;
  // The AWS SDK sets $metadata on each of its errors; their code is not the warehouse's. Their message is not shown: it
  // may quote an unreadable response, with a password in it.
  if ($metadata !== undefined) {
    const { kind, explain } = warehouseFaults.byCode[String(name)] ?? awsSilent;
    return { kind, explanation: explain(place, String(code ?? name)) };
  }
  return explainFault(error, place, warehouseFaults);
}
