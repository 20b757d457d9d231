import { at, explainFault, type Fault, type KnownFaults, known, type Place } from '../faults.ts';
import type { WarehouseTarget } from './pool.ts';

const kinds = { redshift: 'Redshift', postgres: 'PostgreSQL', pglite: 'embedded' } as const;

function placeOf({ host, port, database, login }: WarehouseTarget): Place {
  const who = login.kind === 'password' ? `user ${login.user}` : 'the user that IAM gives';
  return { store: 'warehouse', variable: 'WAREHOUSE', host, port, database, who };
}

/** What a warehouse is, where it is, and as whom it is asked. */
export function titleOf(target: WarehouseTarget): string {
  return `${kinds[target.dialect]} at ${at(target)}, database ${target.database}, as ${placeOf(target).who}`;
}

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

const warehouseFaults: KnownFaults = {
  byCode: {
    '42501': known(
      'refused',
      ({ who }, message) =>
        `${who} lacks a right: ${message}. Grant it the role attribution_reader (docs/liquibase.md).`,
    ),
    '42P01': known(
      'unbuilt',
      (_, message) => `${message}. Run the pipeline once (dbt build): it makes what the service reads.`,
    ),
    '3F000': known(
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
    // Redshift, when dbt replaced a table under a statement that was already under way; 1018 and 1023 are its own codes.
    [
      /could not open relation with OID|dropped by a(nother)? concurrent|\b(1018|1023)\b/i,
      known('moved', () => 'A table was replaced while the statement ran.'),
    ],
  ],
};

/** What an error from the warehouse, its driver or AWS means. */
export function faultOf(error: unknown, target: WarehouseTarget): Fault {
  return explainFault(error, placeOf(target), warehouseFaults);
}
