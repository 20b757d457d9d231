import type { WarehouseLogin } from '../../config/warehouse.ts';

/** Who a new connection comes as. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Gives the login for a connection that is about to be opened. */
export type LoginSource = () => Promise<Login>;

interface Temporary extends Login {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A login this close to its end is not used for a new connection. It ends new logins only, not open connections. */
const marginMilliseconds = 60_000;

/** AWS's bounds are 900 and 3,600 seconds. The longest spares calls, which AWS limits. */
const durationSeconds = 3_600;

/** Where logins come from: the configuration, or AWS IAM. Asks AWS when one is first needed, and before one expires. */
export function loginSource(login: WarehouseLogin, database: string, now: () => number): LoginSource {
  if (login.kind === 'password') return async () => login;
  const ask = () => (login.kind === 'cluster' ? clusterLogin(login, database) : serverlessLogin(login, database));
  return cachedUntilExpiry(ask, now);
}

/** One login for all who ask at once, and until shortly before it expires. A failure is not kept. */
export function cachedUntilExpiry(ask: () => Promise<Temporary>, now: () => number): LoginSource {
  let current: Temporary | null = null;
  let asking: Promise<Temporary> | null = null;
  return async () => {
    if (current && now() < current.expiresAt - marginMilliseconds) return current;
    asking ??= ask().finally(() => {
      asking = null;
    });
    current = await asking;
    return current;
  };
}

/**
 * AWS answers in well under a second; a connection that waits for a login must not wait for ever. Without the last
 * option the SDK only warns.
 */
const clientOptions = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

// The AWS SDK is loaded on demand: most starts have no use for it. It finds who this process is to AWS in its usual
// places (environment, profile, role of the container or machine), and takes its endpoints from them too.

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
  if (!user || !password || !expiration) throw new Error('AWS answered without user, password or expiration');
  return { user, password, expiresAt: expiration.getTime() };
}
