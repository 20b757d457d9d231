import { AddressFault, type AddressWords, readAddress, readLogin, readTls } from './address.ts';

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

const words: AddressWords = {
  password: 'WAREHOUSE_PASSWORD',
  ca: 'WAREHOUSE_CA',
  form: 'redshift://user:password@host:5439/database or postgres://user:password@host:5432/database',
};
const parameters = ['sslmode', 'cluster', 'workgroup', 'region'];

/**
 * Reads WAREHOUSE_URL.
 *
 * @param password from WAREHOUSE_PASSWORD, instead of one in the URL.
 * @param caFile from WAREHOUSE_CA: certificates in PEM form.
 * @throws {AddressFault}
 */
export function parseWarehouseUrl(text: string, password: string | null, caFile: string | null): WarehouseAddress {
  const parts = readAddress(text, ['redshift:', 'postgres:', 'postgresql:'], parameters, words);
  const { url, host, database } = parts;
  const dialect = url.protocol === 'redshift:' ? 'redshift' : 'postgres';
  return {
    dialect,
    host,
    port: url.port === '' ? { redshift: 5439, postgres: 5432 }[dialect] : Number(url.port),
    database,
    login: loginOf(url, dialect, host, password),
    tls: readTls(parts, dialect === 'postgres', caFile, words),
  };
}

function loginOf(url: URL, dialect: WarehouseAddress['dialect'], host: string, apart: string | null): WarehouseLogin {
  const { user, password } = readLogin(url, apart, words);
  const named = ['cluster', 'workgroup', 'region'].filter((name) => url.searchParams.has(name));
  if (password !== null || dialect === 'postgres') {
    if (user === '') throw new AddressFault(`names no user; it must be like ${words.form}`);
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
