import { isLoopback } from './loopback.ts';

/** What is wrong with an address. Never quotes the address, which may hold a password. */
export class AddressFault extends Error {}

/** How a store's address is spoken of. */
export interface AddressWords {
  /** The variables that hold the password and the authorities' certificates. */
  readonly password: string;
  readonly ca: string;
  /** What an address looks like. */
  readonly form: string;
}

/** The parts of a store's URL that all kinds have. */
export interface AddressParts {
  readonly url: URL;
  readonly host: string;
  readonly database: string;
}

/**
 * Takes a store's URL apart.
 *
 * @param parameters the names that its query may have.
 * @throws {AddressFault}
 */
export function readAddress(
  text: string,
  protocols: readonly string[],
  parameters: readonly string[],
  words: AddressWords,
): AddressParts {
  if (!URL.canParse(text)) throw new AddressFault(`is not a URL like ${words.form}${escapeHint(words)}`);
  const url = new URL(text);
  if (!protocols.includes(url.protocol)) {
    const names = protocols.filter((name) => name !== 'postgresql:').map((name) => `${name}//`);
    const begins =
      names.length === 1 ? `does not begin with ${names[0]}` : `begins with neither ${names.join(' nor ')}`;
    throw new AddressFault(`${begins}; it must be like ${words.form}`);
  }
  const host = decoded(url.hostname, 'host', words).replace(/^\[(.*)\]$/, '$1');
  const database = decoded(url.pathname.slice(1), 'database', words);
  if (host === '') throw new AddressFault(`names no host; it must be like ${words.form}`);
  if (database === '' || database.includes('/'))
    throw new AddressFault(`must end with one database name, as in ${words.form}`);
  if (url.port === '0') throw new AddressFault('has port 0, where nobody can listen');
  if (url.hash !== '') throw new AddressFault(`has a "#"${escapeHint(words)}`);
  for (const name of url.searchParams.keys()) {
    if (!parameters.includes(name))
      throw new AddressFault(`has an unknown parameter; it may have ${parameters.join(', ')}`);
  }
  return { url, host, database };
}

/**
 * User and password of a URL; `password` null where there is none.
 *
 * @param apart the password that was given beside the URL.
 * @throws {AddressFault} where there are two passwords.
 */
export function readLogin(
  url: URL,
  apart: string | null,
  words: AddressWords,
): { readonly user: string; readonly password: string | null } {
  const inUrl = url.password === '' ? null : decoded(url.password, 'password', words);
  if (inUrl !== null && apart !== null)
    throw new AddressFault(`has a password, and ${words.password} is set too; keep one`);
  return { user: decoded(url.username, 'user', words), password: inUrl ?? apart };
}

/**
 * How the way to a server is encrypted; null: not at all. A PostgreSQL on this machine need not be.
 *
 * @throws {AddressFault}
 */
export function readTls(
  { url, host }: AddressParts,
  mayBePlainHere: boolean,
  caFile: string | null,
  words: AddressWords,
): { readonly caFile: string | null } | null {
  const byDefault = mayBePlainHere && isLoopback(host) && caFile === null ? 'disable' : 'verify-full';
  const wanted = url.searchParams.get('sslmode') ?? byDefault;
  if (wanted === 'verify-full') return { caFile };
  if (wanted !== 'disable') {
    throw new AddressFault(
      'has an sslmode other than verify-full and disable; encryption without checking whom one talks to is none',
    );
  }
  if (caFile !== null) throw new AddressFault(`says sslmode=disable, but ${words.ca} is set; drop one of them`);
  return null;
}

const escapeHint = ({ password }: AddressWords): string =>
  `. Write special characters of user and password as %XX ("@" is %40), or give ${password}`;

function decoded(text: string, what: string, words: AddressWords): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AddressFault(`has a "%" in its ${what} that begins no %XX${escapeHint(words)}`);
  }
}
