import { resolve } from 'node:path';
import { z } from 'zod';
import { AddressFault } from './config/address.ts';
import { isLoopback } from './config/loopback.ts';
import { parseWarehouseUrl, type WarehouseAddress } from './config/warehouse.ts';

/** What the service was told by its environment. */
export interface Config {
  /** Where to listen. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly warehouse: WarehouseConfig;
  /** How old what the data is made of may be before `dataStatus.isStale`, in minutes. */
  readonly staleAfterMinutes: StaleAfterMinutes;
  /** For how long a build counts as the newest without asking the warehouse again. */
  readonly buildCheckSeconds: number;
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

const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high, {
      error: (issue) => `is "${issue.input}"; it must be a whole number from ${low} to ${high}`,
    })
    .transform(Number);

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
  const address = addressOf(present, faults);
  if (!result.success || faults.length > 0) throw new ConfigError(faults);
  const read = result.data;
  const anySource = read.STALE_AFTER_MINUTES;
  return {
    host: read.HOST,
    port: read.PORT,
    warehouse: address ? { kind: 'server', address, limits: limitsOf(read) } : embedded(read),
    staleAfterMinutes: {
      build: read.BUILD_STALE_AFTER_MINUTES ?? anySource,
      mirror: read.MIRROR_STALE_AFTER_MINUTES ?? anySource,
      events: read.EVENTS_STALE_AFTER_MINUTES ?? anySource,
      clicks: read.CLICKS_STALE_AFTER_MINUTES ?? anySource,
    },
    buildCheckSeconds: read.BUILD_CHECK_SECONDS,
    logLevel: read.LOG_LEVEL,
  };
}

/** What goes with a warehouse of one's own, and with the embedded one, alone. */
const onlyWithUrl = [
  'WAREHOUSE_PASSWORD',
  'WAREHOUSE_CA',
  'WAREHOUSE_CONNECTIONS',
  'WAREHOUSE_WAIT_SECONDS',
  'WAREHOUSE_STATEMENT_SECONDS',
];

/** The address in WAREHOUSE_URL; null where there is none, or a faulty one: then `faults` has one more. */
function addressOf(present: Readonly<Record<string, string | undefined>>, faults: string[]): WarehouseAddress | null {
  const { WAREHOUSE_URL: url, WAREHOUSE_PASSWORD: password, WAREHOUSE_CA: ca, WAREHOUSE_CSV: csv } = present;
  if (url === undefined) {
    for (const name of onlyWithUrl) if (name in present) faults.push(`${name} is set, but WAREHOUSE_URL is not`);
    return null;
  }
  if (csv !== undefined)
    faults.push('WAREHOUSE_CSV is for the embedded warehouse, but WAREHOUSE_URL names another; unset one');
  try {
    return parseWarehouseUrl(url, password ?? null, ca === undefined ? null : resolve(ca));
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    faults.push(`WAREHOUSE_URL ${error.message}`);
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
