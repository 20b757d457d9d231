import { isLoopback } from './loopback.ts';

/** A warehouse of one's own: where it is, and how to get in. Holds a secret: never to be printed whole. */
export interface WarehouseAddress {
  readonly dialect: 'postgres' | 'redshift';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: WarehouseLogin;
  /** null: not encrypted. Where it is encrypted, the server's certificate and name are checked. */
  readonly tls: { readonly caFile: string | null } | null;
}

export type WarehouseLogin =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  /** AWS gives user and password, for an hour at most, to whoever this process is to AWS. */
  | { readonly kind: 'cluster'; readonly cluster: string; readonly region: string }
  | { readonly kind: 'serverless'; readonly workgroup: string; readonly region: string };

/** What is wrong with an address. Never quotes the address, which may hold a password. */
export class AddressFault extends Error {}

const form = 'redshift://user:password@host:5439/database or postgres://user:password@host:5432/database';
const parameters = ['sslmode', 'cluster', 'workgroup', 'region'];

/**
 * Reads WAREHOUSE_URL.
 *
 * @param password from WAREHOUSE_PASSWORD, instead of one in the URL.
 * @param caFile from WAREHOUSE_CA: certificates in PEM form.
 * @throws {AddressFault}
 */
export function parseWarehouseUrl(text: string, password: string | null, caFile: string | null): WarehouseAddress {
  if (!URL.canParse(text)) throw new AddressFault(`is not a URL like ${form}${escapeHint}`);
  const url = new URL(text);
  const dialect = dialectOf(url.protocol);
  const host = decoded(url.hostname, 'host').replace(/^\[(.*)\]$/, '$1');
  const database = decoded(url.pathname.slice(1), 'database');
  if (host === '') throw new AddressFault(`names no host; it must be like ${form}`);
  if (database === '' || database.includes('/'))
    throw new AddressFault(`must end with one database name, as in ${form}`);
  if (url.hash !== '') throw new AddressFault(`has a "#"${escapeHint}`);
  for (const name of url.searchParams.keys()) {
    if (!parameters.includes(name))
      throw new AddressFault(`has an unknown parameter; it may have ${parameters.join(', ')}`);
  }
  return {
    dialect,
    host,
    port: url.port === '' ? { redshift: 5439, postgres: 5432 }[dialect] : Number(url.port),
    database,
    login: loginOf(url, dialect, host, password),
    tls: tlsOf(url.searchParams.get('sslmode'), dialect, host, caFile),
  };
}

const escapeHint = '. Write special characters of user and password as %XX ("@" is %40), or give WAREHOUSE_PASSWORD';

function dialectOf(protocol: string): WarehouseAddress['dialect'] {
  if (protocol === 'redshift:') return 'redshift';
  if (protocol === 'postgres:' || protocol === 'postgresql:') return 'postgres';
  throw new AddressFault(`begins with neither redshift:// nor postgres://; it must be like ${form}`);
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AddressFault(`has a "%" in its ${what} that begins no %XX${escapeHint}`);
  }
}

function loginOf(url: URL, dialect: WarehouseAddress['dialect'], host: string, apart: string | null): WarehouseLogin {
  const inUrl = url.password === '' ? null : decoded(url.password, 'password');
  if (inUrl !== null && apart !== null)
    throw new AddressFault('has a password, and WAREHOUSE_PASSWORD is set too; keep one');
  const password = inUrl ?? apart;
  const user = decoded(url.username, 'user');
  const named = ['cluster', 'workgroup', 'region'].filter((name) => url.searchParams.has(name));
  if (password !== null || dialect === 'postgres') {
    if (user === '') throw new AddressFault(`names no user; it must be like ${form}`);
    if (named.length > 0)
      throw new AddressFault(`has ${named.join(', ')}, which go with IAM: redshift:// without a password`);
    return { kind: 'password', user, password: password ?? '' };
  }
  if (user !== '') {
    throw new AddressFault(
      'has a user without a password. Give WAREHOUSE_PASSWORD, or leave the user out: then AWS IAM gives both',
    );
  }
  return iamLogin(url.searchParams, host);
}

/** Host names as AWS gives them; a name of one's own (a custom domain, a VPC endpoint) needs the parameters. */
const provisioned = /^([a-z0-9-]+)\.[a-z0-9]+\.([a-z0-9-]+)\.redshift\.amazonaws\.com(?:\.cn)?$/i;
const serverless = /^([a-z0-9-]+)\.\d+\.([a-z0-9-]+)\.redshift-serverless\.amazonaws\.com(?:\.cn)?$/i;

function iamLogin(given: URLSearchParams, host: string): WarehouseLogin {
  const [, hostCluster, clusterRegion] = provisioned.exec(host) ?? [];
  const [, hostWorkgroup, workgroupRegion] = serverless.exec(host) ?? [];
  const cluster = given.get('cluster') ?? (given.has('workgroup') ? null : hostCluster);
  const workgroup = given.get('workgroup') ?? (given.has('cluster') ? null : hostWorkgroup);
  const region = given.get('region') ?? clusterRegion ?? workgroupRegion;
  if (cluster && workgroup) throw new AddressFault('has both cluster and workgroup; a warehouse is one of them');
  if (region && cluster) return { kind: 'cluster', cluster, region };
  if (region && workgroup) return { kind: 'serverless', workgroup, region };
  throw new AddressFault(
    'has no user and password, so AWS IAM must give them, but its host does not tell what it is; ' +
      'add ?cluster=name&region=… or ?workgroup=name&region=…',
  );
}

function tlsOf(mode: string | null, dialect: WarehouseAddress['dialect'], host: string, caFile: string | null) {
  const wanted = mode ?? (dialect === 'postgres' && isLoopback(host) && caFile === null ? 'disable' : 'verify-full');
  if (wanted === 'verify-full') return { caFile };
  if (wanted !== 'disable') {
    throw new AddressFault(
      'has an sslmode other than verify-full and disable; encryption without checking whom one talks to is none',
    );
  }
  if (caFile !== null) throw new AddressFault('says sslmode=disable, but WAREHOUSE_CA is set; drop one of them');
  return null;
}
