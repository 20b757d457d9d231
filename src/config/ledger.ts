import type { z } from 'zod';
import { AddressError, type AddressNames, readAddress, readLogin, readTls } from './address.ts';
import { optionalText, wholeNumber } from './variables.ts';

export type LedgerConfig =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly address: LedgerAddress; readonly connections: number };

/** A PostgreSQL server for the ledger. Contains a secret: do not log it. */
export interface LedgerAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly login: LedgerLogin;
  /** null: not encrypted. Otherwise the server's certificate and host name are verified. */
  readonly tls: { readonly caFile: string | null } | null;
}

export interface LedgerLogin {
  readonly user: string;
  readonly password: string;
}

const names: AddressNames = {
  password: 'LEDGER_PASSWORD',
  ca: 'LEDGER_CA',
  example: 'postgres://user:password@host:5432/database',
};

/**
 * Reads LEDGER_URL.
 *
 * @param password of LEDGER_PASSWORD, if the URL has none.
 * @param caFile of LEDGER_CA: CA certificates in PEM format.
 * @throws {AddressError}
 */
export function parseLedgerUrl(text: string, password: string | null, caFile: string | null): LedgerAddress {
  const parts = readAddress(text, ['postgres:', 'postgresql:'], ['sslmode'], names);
  const { url, host, database } = parts;
  const login = readLogin(url, password, names);
  if (login.user === '') throw new AddressError(`has no user; it must be like ${names.example}`);
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database,
    login: { user: login.user, password: login.password ?? '' },
    tls: readTls(parts, true, caFile, names),
  };
}

export const ledgerVariables = {
  LEDGER_URL: optionalText(
    '`postgres://user:password@host:5432/database`: [the PostgreSQL server](ledger.md#use-a-postgresql-server) that keeps runs, rows and receipts of pushes, and saved queries.',
    'embedded in `DATA_DIR/ledger`',
  ),
  LEDGER_PASSWORD: optionalText('Password, if `LEDGER_URL` has none.', 'none'),
  LEDGER_CA: optionalText('PEM file of CA certificates for the server.', "Node's own"),
  LEDGER_CONNECTIONS: wholeNumber(
    5,
    100,
    'at least one each to record pushes, to renew leases, to deliver, to plan and to read',
  )
    .default(10)
    .describe('Maximum number of connections.'),
};

type Read = z.output<z.ZodObject<typeof ledgerVariables>>;

/** @param address null for the embedded ledger. @param dataDir its folder; an absolute path. */
export function ledgerConfig(read: Read, address: LedgerAddress | null, dataDir: string): LedgerConfig {
  return address ? { kind: 'server', address, connections: read.LEDGER_CONNECTIONS } : { kind: 'embedded', dataDir };
}
