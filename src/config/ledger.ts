import { AddressFault, type AddressWords, readAddress, readLogin, readTls } from './address.ts';

/** A PostgreSQL of one's own for the ledger. Holds a secret: never to be printed whole. */
export interface LedgerAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: LedgerLogin;
  /** null: not encrypted. Where it is encrypted, the server's certificate and name are checked. */
  readonly tls: { readonly caFile: string | null } | null;
}

export interface LedgerLogin {
  readonly user: string;
  readonly password: string;
}

const words: AddressWords = {
  password: 'LEDGER_PASSWORD',
  ca: 'LEDGER_CA',
  form: 'postgres://user:password@host:5432/database',
};

/**
 * Reads LEDGER_URL.
 *
 * @param password from LEDGER_PASSWORD, instead of one in the URL.
 * @param caFile from LEDGER_CA: certificates in PEM form.
 * @throws {AddressFault}
 */
export function parseLedgerUrl(text: string, password: string | null, caFile: string | null): LedgerAddress {
  const parts = readAddress(text, ['postgres:', 'postgresql:'], ['sslmode'], words);
  const { url, host, database } = parts;
  const login = readLogin(url, password, words);
  if (login.user === '') throw new AddressFault(`names no user; it must be like ${words.form}`);
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database,
    login: { user: login.user, password: login.password ?? '' },
    tls: readTls(parts, true, caFile, words),
  };
}
