import type { WarehouseLogin } from '../../config/warehouse.ts';

/** The credentials of a new connection. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Returns the credentials for a connection that is about to be opened. */
export type LoginSource = () => Promise<Login>;

interface Temporary extends Login {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/**
 * Credentials this close to their expiry are not used for a new connection. Expiry does not affect open connections.
 */
const marginMilliseconds = 60_000;

/** AWS accepts 900 to 3,600 seconds. The maximum saves calls, which AWS rate-limits. */
const durationSeconds = 3_600;

/**
 * Gets logins from the configuration or from AWS IAM. AWS is called when a login is first needed, and again before it
 * expires.
 */
export function loginSource(login: WarehouseLogin, database: string, now: () => number): LoginSource {
  if (login.kind === 'password') return async () => login;
  const request = () => (login.kind === 'cluster' ? clusterLogin(login, database) : serverlessLogin(login, database));
  return cachedUntilExpiry(request, now);
}

/** Caches a login until shortly before it expires. Concurrent callers share one request. A failure is not cached. */
export function cachedUntilExpiry(request: () => Promise<Temporary>, now: () => number): LoginSource {
  let current: Temporary | null = null;
  let pending: Promise<Temporary> | null = null;
  return async () => {
    if (current && now() < current.expiresAt - marginMilliseconds) return current;
    pending ??= request().finally(() => {
      pending = null;
    });
    current = await pending;
    return current;
  };
}

/** AWS normally responds in well under a second. Without `throwOnRequestTimeout` the SDK only logs a warning. */
const clientOptions = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

// The AWS SDK is loaded on demand, because most processes do not need it. It reads its credentials and endpoints from
// the usual places (environment, profile, role of the container or instance).

async function clusterLogin(
  { cluster, region }: WarehouseLogin & { kind: 'cluster' },
  database: string,
): Promise<Temporary> {
  const { GetClusterCredentialsWithIAMCommand, RedshiftClient } = await import('@aws-sdk/client-redshift');
  const client = new RedshiftClient({ region, ...clientOptions });
  try {
    const input = { ClusterIdentifier: cluster, DbName: database, DurationSeconds: durationSeconds };
    const { DbUser, DbPassword, Expiration } = await client.send(new GetClusterCredentialsWithIAMCommand(input));
    return complete(DbUser, DbPassword, Expiration);
  } finally {
    client.destroy();
  }
}

async function serverlessLogin(
  { workgroup, region }: WarehouseLogin & { kind: 'serverless' },
  database: string,
): Promise<Temporary> {
  const { GetCredentialsCommand, RedshiftServerlessClient } = await import('@aws-sdk/client-redshift-serverless');
  const client = new RedshiftServerlessClient({ region, ...clientOptions });
  try {
    const input = { workgroupName: workgroup, dbName: database, durationSeconds };
    const { dbUser, dbPassword, expiration } = await client.send(new GetCredentialsCommand(input));
    return complete(dbUser, dbPassword, expiration);
  } finally {
    client.destroy();
  }
}

function complete(user?: string, password?: string, expiration?: Date): Temporary {
  if (!user || !password || !expiration) throw new Error("AWS's response lacks a user, password or expiration");
  return { user, password, expiresAt: expiration.getTime() };
}
