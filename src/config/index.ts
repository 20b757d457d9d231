import { resolve } from 'node:path';
import { z } from 'zod';
import { AddressFault } from './address.ts';
import { type AdsuiteConfig, readAdsuite } from './adsuite.ts';
import { type HttpConfig, httpConfig, httpVariables } from './http.ts';
import { type LedgerAddress, parseLedgerUrl } from './ledger.ts';
import { limitsConfig, limitVariables, type RequestLimits } from './limits.ts';
import { isLoopback } from './loopback.ts';
import { wholeNumber } from './numbers.ts';
import { type PushConfig, pushConfig, pushVariables } from './push.ts';
import { parseWarehouseUrl, type WarehouseAddress } from './warehouse.ts';

/** What the service was told by its environment. */
export interface Config {
  readonly http: HttpConfig;
  readonly limits: RequestLimits;
  readonly warehouse: WarehouseConfig;
  /** How old what the data is made of may be before `dataStatus.isStale`, in minutes. */
  readonly staleAfterMinutes: StaleAfterMinutes;
  /** For how long a build counts as the newest without asking the warehouse again. */
  readonly buildCheckSeconds: number;
  /** Where what was pushed is remembered. */
  readonly ledger: LedgerConfig;
  /** Where metrics are pushed to. */
  readonly adsuite: AdsuiteConfig;
  readonly push: PushConfig;
  /** What the log holds: the JSON lines on standard output from this level on. */
  readonly logLevel: LogLevel;
}

export type WarehouseConfig =
  | {
      readonly kind: 'embedded';
      /** Where the embedded stores live; an absolute path. */
      readonly dataDir: string;
      /** A folder of five CSV files to load instead of the demo data; an absolute path, or null. */
      readonly csvFolder: string | null;
    }
  | { readonly kind: 'server'; readonly address: WarehouseAddress; readonly limits: WarehouseLimits };

export type LedgerConfig =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly address: LedgerAddress; readonly connections: number };

/** What the service may take of a warehouse that others use too. */
export interface WarehouseLimits {
  /** How many connections at most. */
  readonly connections: number;
  /** How long a query waits for one of them, a new one's opening included. */
  readonly waitSeconds: number;
  /** No statement may take longer, whatever its own time-out is. */
  readonly statementSeconds: number;
}

/** One limit per source of the data. */
export interface StaleAfterMinutes {
  readonly build: number;
  readonly mirror: number;
  readonly events: number;
  readonly clicks: number;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

/** The environment is wrong: every fault, one a line. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
  }
}

const minutes = wholeNumber(1, 525_600);

const environment = z.object({
  HOST: z
    .string()
    .default('127.0.0.1')
    .refine(isLoopback, {
      error: (issue) =>
        `is "${issue.input}"; while there is no authentication only a loopback address will do (127.0.0.1, ::1, localhost)`,
    }),
  PORT: wholeNumber(0, 65_535).default(4000),
  ...httpVariables,
  ...limitVariables,
  DATA_DIR: z.string().default('.data'),
  WAREHOUSE_CSV: z.string().optional(),
  WAREHOUSE_URL: z.string().optional(),
  WAREHOUSE_PASSWORD: z.string().optional(),
  WAREHOUSE_CA: z.string().optional(),
  WAREHOUSE_CONNECTIONS: wholeNumber(1, 100).default(8),
  WAREHOUSE_WAIT_SECONDS: wholeNumber(1, 300).default(10),
  WAREHOUSE_STATEMENT_SECONDS: wholeNumber(1, 3_600).default(60),
  STALE_AFTER_MINUTES: minutes.default(24 * 60),
  BUILD_STALE_AFTER_MINUTES: minutes.optional(),
  MIRROR_STALE_AFTER_MINUTES: minutes.optional(),
  EVENTS_STALE_AFTER_MINUTES: minutes.optional(),
  CLICKS_STALE_AFTER_MINUTES: minutes.optional(),
  BUILD_CHECK_SECONDS: wholeNumber(0, 3_600).default(2),
  LEDGER_URL: z.string().optional(),
  LEDGER_PASSWORD: z.string().optional(),
  LEDGER_CA: z.string().optional(),
  LEDGER_CONNECTIONS: wholeNumber(3, 100, 'at least one each to record pushes, to deliver them and to read').default(8),
  ADSUITE_URL: z.string().optional(),
  ADSUITE_TOKEN: z.string().optional(),
  ...pushVariables,
  LOG_LEVEL: z
    .enum(logLevels, { error: (issue) => `is "${issue.input}"; it must be one of ${logLevels.join(', ')}` })
    .default('warn'),
});

type Environment = z.infer<typeof environment>;

/**
 * Reads the configuration; an empty variable counts as unset.
 *
 * @throws {ConfigError} naming every fault at once.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const result = environment.safeParse(present);
  const faults = (result.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
  const address = addressOf('WAREHOUSE', present, faults, parseWarehouseUrl);
  if (present.WAREHOUSE_URL !== undefined && present.WAREHOUSE_CSV !== undefined) {
    faults.push('WAREHOUSE_CSV is for the embedded warehouse, but WAREHOUSE_URL names another; unset one');
  }
  if (result.success && result.data.HTTP_HEADERS_SECONDS > result.data.HTTP_REQUEST_SECONDS) {
    faults.push(
      'HTTP_HEADERS_SECONDS is longer than HTTP_REQUEST_SECONDS, which includes it; shorten it, or allow requests more time',
    );
  }
  const ledger = addressOf('LEDGER', present, faults, parseLedgerUrl);
  const adsuite = readAdsuite(present.ADSUITE_URL, present.ADSUITE_TOKEN, present.WAREHOUSE_URL === undefined, faults);
  if (!result.success || faults.length > 0) throw new ConfigError(faults);
  const read = result.data;
  const anySource = read.STALE_AFTER_MINUTES;
  return {
    http: httpConfig(read),
    limits: limitsConfig(read),
    warehouse: address ? { kind: 'server', address, limits: limitsOf(read) } : embedded(read),
    staleAfterMinutes: {
      build: read.BUILD_STALE_AFTER_MINUTES ?? anySource,
      mirror: read.MIRROR_STALE_AFTER_MINUTES ?? anySource,
      events: read.EVENTS_STALE_AFTER_MINUTES ?? anySource,
      clicks: read.CLICKS_STALE_AFTER_MINUTES ?? anySource,
    },
    buildCheckSeconds: read.BUILD_CHECK_SECONDS,
    ledger: ledger
      ? { kind: 'server', address: ledger, connections: read.LEDGER_CONNECTIONS }
      : { kind: 'embedded', dataDir: resolve(read.DATA_DIR) },
    adsuite,
    push: pushConfig(read),
    logLevel: read.LOG_LEVEL,
  };
}

/** What goes with a store of one's own alone. */
const onlyWithUrl = {
  WAREHOUSE: ['PASSWORD', 'CA', 'CONNECTIONS', 'WAIT_SECONDS', 'STATEMENT_SECONDS'],
  LEDGER: ['PASSWORD', 'CA', 'CONNECTIONS'],
} as const;

type Present = Readonly<Record<string, string | undefined>>;

/**
 * The address of a store of one's own; null where there is none, or a faulty one: then `faults` has one more.
 *
 * @param parse reads the URL, with a password and a file of authorities that stand beside it.
 */
function addressOf<Address>(
  store: keyof typeof onlyWithUrl,
  present: Present,
  faults: string[],
  parse: (url: string, password: string | null, caFile: string | null) => Address,
): Address | null {
  const url = present[`${store}_URL`];
  if (url === undefined) {
    for (const name of onlyWithUrl[store].map((each) => `${store}_${each}`)) {
      if (name in present) faults.push(`${name} is set, but ${store}_URL is not`);
    }
    return null;
  }
  const [password, ca] = [present[`${store}_PASSWORD`], present[`${store}_CA`]];
  try {
    return parse(url, password ?? null, ca === undefined ? null : resolve(ca));
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    faults.push(`${store}_URL ${error.message}`);
    return null;
  }
}

function limitsOf(read: Environment): WarehouseLimits {
  return {
    connections: read.WAREHOUSE_CONNECTIONS,
    waitSeconds: read.WAREHOUSE_WAIT_SECONDS,
    statementSeconds: read.WAREHOUSE_STATEMENT_SECONDS,
  };
}

function embedded({ DATA_DIR, WAREHOUSE_CSV }: Environment): WarehouseConfig {
  return {
    kind: 'embedded',
    dataDir: resolve(DATA_DIR),
    csvFolder: WAREHOUSE_CSV === undefined ? null : resolve(WAREHOUSE_CSV),
  };
}

/** The configuration of this process: the only place that reads process.env. */
export const configFromProcess = (): Config => loadConfig(process.env);
