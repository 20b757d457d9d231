import { resolve } from 'node:path';
import { z } from 'zod';
import { AddressError, type AddressNames, readAddress, readLogin, readTls } from './address.ts';
import { optionalText, wholeNumber } from './variables.ts';

export type WarehouseConfig = { readonly limits: WarehouseLimits } & (
  | {
      readonly kind: 'embedded';
      /** The folder of the embedded stores; an absolute path. */
      readonly dataDir: string;
      /** A folder of five CSV files to load instead of the demo data; an absolute path or null. */
      readonly csvFolder: string | null;
    }
  | { readonly kind: 'server'; readonly address: WarehouseAddress }
);

/** Limits of the service's use of the warehouse, which it may share with others. */
export interface WarehouseLimits {
  /** Maximum number of connections. */
  readonly connections: number;
  /** How long a query waits for a connection, including the time to open one. */
  readonly waitSeconds: number;
  /** Maximum duration of any statement, in addition to its own timeout. */
  readonly statementSeconds: number;
  /** Memory of the snapshot of a build; 0: there is none. */
  readonly snapshotMegabytes: number;
}

/** The address of a warehouse server and the login. Contains a secret: do not log it. */
export interface WarehouseAddress {
  readonly dialect: 'postgres' | 'redshift';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: WarehouseLogin;
  /** null: not encrypted. Otherwise the server's certificate and host name are verified. */
  readonly tls: { readonly caFile: string | null } | null;
}

export type WarehouseLogin =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** AWS IAM issues user and password, valid for at most an hour, to the AWS identity of this process. */
  | { readonly kind: 'cluster'; readonly cluster: string; readonly region: string }
  | { readonly kind: 'serverless'; readonly workgroup: string; readonly region: string };

const names: AddressNames = {
  password: 'WAREHOUSE_PASSWORD',
  ca: 'WAREHOUSE_CA',
  example: 'redshift://user:password@host:5439/database or postgres://user:password@host:5432/database',
};
const allowedParameters = ['sslmode', 'cluster', 'workgroup', 'region'];

/**
 * Reads WAREHOUSE_URL.
 *
 * @param password of WAREHOUSE_PASSWORD, if the URL has none.
 * @param caFile of WAREHOUSE_CA: CA certificates in PEM format.
 * @throws {AddressError}
 */
export function parseWarehouseUrl(text: string, password: string | null, caFile: string | null): WarehouseAddress {
  const parts = readAddress(text, ['redshift:', 'postgres:', 'postgresql:'], allowedParameters, names);
  const { url, host, database } = parts;
  const dialect = url.protocol === 'redshift:' ? 'redshift' : 'postgres';
  return {
    dialect,
    host,
    port: url.port === '' ? { redshift: 5439, postgres: 5432 }[dialect] : Number(url.port),
    database,
    login: loginOf(url, dialect, host, password),
    tls: readTls(parts, dialect === 'postgres', caFile, names),
  };
}

function loginOf(
  url: URL,
  dialect: WarehouseAddress['dialect'],
  host: string,
  separatePassword: string | null,
): WarehouseLogin {
  const { user, password } = readLogin(url, separatePassword, names);
  const iamParameters = ['cluster', 'workgroup', 'region'].filter((name) => url.searchParams.has(name));
  if (password !== null || dialect === 'postgres') {
    if (user === '') throw new AddressError(`has no user; it must be like ${names.example}`);
    if (iamParameters.length > 0)
      throw new AddressError(`has ${iamParameters.join(', ')}, which are for IAM: redshift:// without a password`);
    return { kind: 'password', user, password: password ?? '' };
  }
  if (user !== '') {
    throw new AddressError(
      'has a user without a password. Set WAREHOUSE_PASSWORD, or remove the user: then AWS IAM issues both',
    );
  }
  return iamLogin(url.searchParams, host);
}

/** Host names that AWS assigns. A custom domain or a VPC endpoint needs the parameters. */
const provisioned = /^([a-z0-9-]+)\.[a-z0-9]+\.([a-z0-9-]+)\.redshift\.amazonaws\.com(?:\.cn)?$/i;
const serverless = /^([a-z0-9-]+)\.\d+\.([a-z0-9-]+)\.redshift-serverless\.amazonaws\.com(?:\.cn)?$/i;

function iamLogin(parameters: URLSearchParams, host: string): WarehouseLogin {
  const [, hostCluster, clusterRegion] = provisioned.exec(host) ?? [];
  const [, hostWorkgroup, workgroupRegion] = serverless.exec(host) ?? [];
  const cluster = parameters.get('cluster') ?? (parameters.has('workgroup') ? null : hostCluster);
  const workgroup = parameters.get('workgroup') ?? (parameters.has('cluster') ? null : hostWorkgroup);
  const region = parameters.get('region') ?? clusterRegion ?? workgroupRegion;
  if (cluster && workgroup) throw new AddressError('has both cluster and workgroup; remove one');
  if (region && cluster) return { kind: 'cluster', cluster, region };
  if (region && workgroup) return { kind: 'serverless', workgroup, region };
  throw new AddressError(
    'has no user and password, so AWS IAM must issue them, but its host is not a name that AWS assigns; ' +
      'add ?cluster=name&region=… or ?workgroup=name&region=…',
  );
}

export const warehouseVariables = {
  DATA_DIR: z
    .string()
    .default('.data')
    .describe('Folder of the embedded stores. **The ledger in it holds the history of pushes**: back it up.'),
  WAREHOUSE_CSV: optionalText(
    'Folder of [five CSV files](embedded.md#csv-files) to load into the embedded warehouse.',
    'demo data',
  ),
  WAREHOUSE_URL: optionalText(
    '`redshift://…` or `postgres://…`: [the warehouse](warehouse.md#connect) to read.',
    'the [embedded warehouse](embedded.md)',
  ),
  WAREHOUSE_PASSWORD: optionalText('Password, if `WAREHOUSE_URL` has none.', 'none'),
  WAREHOUSE_CA: optionalText('PEM file of CA certificates for the server.', "Node's own"),
  WAREHOUSE_CONNECTIONS: wholeNumber(1, 100)
    .default(8)
    .describe(
      'Maximum number of connections; a quarter, at least one, plans pushes, so 1 opens up to two. Redshift with manual WLM has 50 slots in all, so set it low for each replica.',
    ),
  WAREHOUSE_WAIT_SECONDS: wholeNumber(1, 300)
    .default(10)
    .describe('How long a query waits for a connection, in seconds. Then it fails with `WAREHOUSE_UNAVAILABLE`.'),
  WAREHOUSE_STATEMENT_SECONDS: wholeNumber(1, 3_600)
    .default(60)
    .describe(
      'Maximum duration of a statement, in seconds. The server enforces it. On Redshift it includes time in a queue.',
    ),
  SNAPSHOT_MAX_MB: wholeNumber(0, 65_536)
    .default(256)
    .describe(
      'Maximum memory for the [snapshot](warehouse.md#snapshot) of the newest build, in MiB. 0 turns it off. A build that needs more is read with SQL.',
    ),
};

type Read = z.output<z.ZodObject<typeof warehouseVariables>>;

/** More connections do not speed up the embedded warehouse, which runs one statement at a time. */
const embeddedConnections = 4;

/** @param address null for the embedded warehouse. */
export function warehouseConfig(read: Read, address: WarehouseAddress | null): WarehouseConfig {
  const limits: WarehouseLimits = {
    connections: address ? read.WAREHOUSE_CONNECTIONS : embeddedConnections,
    waitSeconds: read.WAREHOUSE_WAIT_SECONDS,
    statementSeconds: read.WAREHOUSE_STATEMENT_SECONDS,
    snapshotMegabytes: read.SNAPSHOT_MAX_MB,
  };
  if (address) return { kind: 'server', address, limits };
  const csvFolder = read.WAREHOUSE_CSV === undefined ? null : resolve(read.WAREHOUSE_CSV);
  return { kind: 'embedded', dataDir: resolve(read.DATA_DIR), csvFolder, limits };
}
