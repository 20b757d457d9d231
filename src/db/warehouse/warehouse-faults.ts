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
  const who = login.kind === 'password' ? `user ${login.user}` : 'the user that IAM gives';
  return { store: 'warehouse', variable: 'WAREHOUSE', host, port, database, who };
}

/** What a warehouse is, where it is, and as whom it is asked. */
export function describeTarget(target: WarehouseTarget): string {
  return `${kinds[target.dialect]} at ${hostAndPort(target)}, database ${target.database}, as ${placeOf(target).who}`;
}

const awsDenied = knownFault(
  'refused',
  () =>
    'AWS refused a login to the warehouse. The IAM identity of this process needs redshift:GetClusterCredentialsWithIAM ' +
    '(provisioned) or redshift-serverless:GetCredentials (serverless) on this warehouse and database.',
);
const awsUnknown = knownFault(
  'refused',
  () =>
    'AWS knows no such cluster or workgroup in that region. Check the host in WAREHOUSE_URL, or its cluster, workgroup and region.',
);
const awsAnonymous = knownFault(
  'refused',
  () =>
    'This process has no AWS credentials, or they have expired, so IAM can give it no login. Give it a role (container, ' +
    'instance), AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or put user and password into WAREHOUSE_URL.',
);
const awsSilent = knownFault(
  'unreachable',
  (_, what) =>
    `AWS gives no login just now (${what}). Check that AWS's API for Redshift can be reached from here (NAT gateway or ` +
    'interface endpoint of the VPC), and the region in WAREHOUSE_URL.',
);

const warehouseFaults: KnownFaults = {
  byCode: {
    '42501': knownFault(
      'refused',
      ({ who }, message) =>
        `${who} lacks a right: ${message}. Grant it the role attribution_reader (docs/liquibase.md).`,
    ),
    '42P01': knownFault(
      'unbuilt',
      (_, message) => `${message}. Run the pipeline once (dbt build): it makes what the service reads.`,
    ),
    '3F000': knownFault(
      'unbuilt',
      (_, message) => `${message}. Run Liquibase and the pipeline once: they make what the service reads.`,
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
    // Redshift, when dbt replaced a table under a statement that was already under way; 1018 and 1023 are its own codes,
    // which then begin the message.
    [
      /could not open relation with OID|dropped by a(nother)? concurrent|^(1018|1023)\b/i,
      knownFault('moved', () => 'A table was replaced while the statement ran.'),
    ],
  ],
};

/** A statement did not end although the server was told to end it. */
export class CancelTimeout extends Error {
  constructor() {
    super('The warehouse did not end in time a statement that it was told to end; its session was given up.');
  }
}

/** What an error from the warehouse, its driver or AWS means. */
export function warehouseFault(error: unknown, target: WarehouseTarget): StoreFault {
  if (error instanceof CancelTimeout) return { kind: 'timeout', explanation: error.message };
  const place = placeOf(target);
  const { code, name, $metadata } = (error ?? {}) as Readonly<Record<string, unknown>>;
  // The SDK leaves this on whatever failed between it and AWS: a code is then not the warehouse's. A message may quote
  // an answer that could not be read, and with it a password.
  if ($metadata !== undefined) {
    const { kind, explain } = warehouseFaults.byCode[String(name)] ?? awsSilent;
    return { kind, explanation: explain(place, String(code ?? name)) };
  }
  return explainFault(error, place, warehouseFaults);
}
