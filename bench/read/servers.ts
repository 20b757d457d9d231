import { join } from 'node:path';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import type { DialectName } from './dialects.ts';
import type { Program } from './server-process.ts';

const root = join(import.meta.dirname, '../..');

/** The connections that each server has to PostgreSQL. */
const connections = '8';

/** What a server is started with. */
interface Stores {
  /** URL of the warehouse. */
  readonly warehouse: string;
  /** URL of an empty database. */
  readonly ledger: string;
  /** Path of a file of API keys. */
  readonly keys: string;
}

interface Kind {
  readonly dialect: DialectName;
  readonly about: string;
  /** Requests need the API key. */
  readonly isAuthenticated: boolean;
  readonly program: (stores: Stores) => Omit<Program, 'name'>;
}

interface Variant {
  readonly env?: Readonly<Record<string, string>>;
  readonly isAuthenticated?: boolean;
}

/** Nothing waits before the end, and no caller has a limit per minute. */
const withKeys = (file: string) => ({
  API_KEYS_FILE: file,
  RATE_LIMIT_PER_MINUTE: '1000000',
  SHUTDOWN_DELAY_SECONDS: '0',
});

/** The built service as `npm start` starts it, except for what the variant says. */
const product = (about: string, { env = {}, isAuthenticated = false }: Variant = {}): Kind => ({
  dialect: 'product',
  about,
  isAuthenticated,
  program: ({ warehouse, ledger, keys }) => ({
    words: [join(root, 'dist/main.js')],
    env: {
      PORT: '0',
      LOG_LEVEL: 'error',
      WAREHOUSE_URL: warehouse,
      WAREHOUSE_CONNECTIONS: connections,
      LEDGER_URL: ledger,
      ...(isAuthenticated ? withKeys(keys) : {}),
      ...env,
    },
    origin: (line) => /^GraphQL +(https?:\/\/[^/ ]+)/.exec(line)?.[1] ?? null,
  }),
});

const peer = (dialect: DialectName, about: string): Kind => ({
  dialect,
  about,
  isAuthenticated: false,
  program: ({ warehouse }) => ({
    words: [join(import.meta.dirname, `programs/${dialect}.ts`)],
    env: { DATABASE_URL: warehouse, CONNECTIONS: connections, NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
    origin: (line) => {
      const port = /^LISTENING (\d+)$/.exec(line)?.[1];
      return port === undefined ? null : `http://127.0.0.1:${port}`;
    },
  }),
});

/** A variant of the service is one more line. */
const all = {
  product: product('the service as npm start starts it'),
  'product-keys': product('the service with authentication by an API key', { isAuthenticated: true }),
  'product-sql': product('the service without its snapshot and kept answers', {
    env: { SNAPSHOT_MAX_MB: '0', KEPT_ANSWERS_MAX_MB: '0' },
  }),
  'product-plain': product('the same, without compiled operations', {
    env: { SNAPSHOT_MAX_MB: '0', KEPT_ANSWERS_MAX_MB: '0', COMPILE_AFTER: '1000000' },
  }),
  postgraphile: peer('postgraphile', 'PostGraphile 5, tuned as its documentation says'),
  mercurius: peer('mercurius', 'Mercurius with compiled execution, Kysely and DataLoader'),
  bare: peer('bare', 'node:http, prepared statements, rows mapped by hand'),
} as const satisfies Record<string, Kind>;

export type ServerName = keyof typeof all;

export const kinds: Readonly<Record<ServerName, Kind>> = all;

export const serverNames = Object.keys(kinds) as readonly ServerName[];

/** Those that are measured without `--servers`. */
export const usualServers: readonly ServerName[] = ['product', 'postgraphile', 'mercurius', 'bare'];

export const urlOf = ({ user, password, host, port, database }: PostgresConnection): string =>
  `postgres://${user}:${password}@${host}:${port}/${database}`;
