import { isLoopback } from './loopback.ts';

/** An invalid address. The message never quotes the address, which may contain a password. */
export class AddressError extends Error {}

/** Names for the messages about a store's address. */
export interface AddressNames {
  /** The variables of the password and of the CA certificates. */
  readonly password: string;
  readonly ca: string;
  /** An example of an address. */
  readonly example: string;
}

/** The parts that the URLs of all stores have. */
export interface AddressParts {
  readonly url: URL;
  readonly host: string;
  readonly database: string;
}

/**
 * Parses the URL of a store.
 *
 * @param parameters the allowed query parameters.
 * @throws {AddressError}
 */
export function readAddress(
  text: string,
  protocols: readonly string[],
  parameters: readonly string[],
  names: AddressNames,
): AddressParts {
  if (!URL.canParse(text)) throw new AddressError(`is not a URL like ${names.example}${escapeHint(names)}`);
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) {
    const schemes = protocols.filter((name) => name !== 'postgresql:').map((name) => `${name}//`);
    const starts =
      schemes.length === 1 ? `does not start with ${schemes[0]}` : `starts with neither ${schemes.join(' nor ')}`;
    throw new AddressError(`${starts}; it must be like ${names.example}`);
  }
  const host = decoded(url.hostname, 'host', names).replace(/^\[(.*)\]$/, '$1');
  const database = decoded(url.pathname.slice(1), 'database', names);
  if (host === '') throw new AddressError(`has no host; it must be like ${names.example}`);
  if (database === '' || database.includes('/'))
    throw new AddressError(`must end with a database name, as in ${names.example}`);
  if (url.port === '0') throw new AddressError('has port 0, which is not a port to connect to');
  if (url.hash !== '') throw new AddressError(`has a "#"${escapeHint(names)}`);
  for (const name of url.searchParams.keys()) {
    if (!parameters.includes(name))
      throw new AddressError(`has an unknown parameter; allowed are ${parameters.join(', ')}`);
  }
  return { url, host, database };
}

/**
 * The user and the password of a URL; `password` is null if there is none.
 *
 * @param separatePassword the password that was set in its own variable.
 * @throws {AddressError} if both are set.
 */
export function readLogin(
  url: URL,
  separatePassword: string | null,
  names: AddressNames,
): { readonly user: string; readonly password: string | null } {
  const inUrl = url.password === '' ? null : decoded(url.password, 'password', names);
  if (inUrl !== null && separatePassword !== null)
    throw new AddressError(`has a password, and ${names.password} is set too; remove one`);
  return { user: decoded(url.username, 'user', names), password: inUrl ?? separatePassword };
}

/**
 * How the connection is encrypted; null if it is not. On loopback, encryption is off by default if `isPlainOnLoopback`.
 *
 * @throws {AddressError}
 */
export function readTls(
  { url, host }: AddressParts,
  isPlainOnLoopback: boolean,
  caFile: string | null,
  names: AddressNames,
): { readonly caFile: string | null } | null {
  const byDefault = isPlainOnLoopback && isLoopback(host) && caFile === null ? 'disable' : 'verify-full';
  const wanted = url.searchParams.get('sslmode') ?? byDefault;
  if (wanted === 'verify-full') return { caFile };
  if (wanted !== 'disable') {
    throw new AddressError('has an sslmode other than verify-full and disable; other modes do not verify the server');
  }
  if (caFile !== null) throw new AddressError(`has sslmode=disable, but ${names.ca} is set; remove one`);
  return null;
}

const escapeHint = ({ password }: AddressNames): string =>
  `. Write special characters of user and password as %XX ("@" is %40), or set ${password}`;

function decoded(text: string, what: string, names: AddressNames): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AddressError(`has a "%" in its ${what} that does not start a %XX${escapeHint(names)}`);
  }
}
