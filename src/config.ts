import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';

/** What the service was told by its environment. */
export interface Config {
  /** Where to listen. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the embedded stores live; an absolute path. */
  readonly dataDir: string;
  /** A folder of five CSV files to load instead of the demo data; an absolute path, or null. */
  readonly csvFolder: string | null;
  /** How old the warehouse's data may be before `dataStatus.isStale`. */
  readonly staleAfterMinutes: number;
  /** What the log holds: the JSON lines on standard output from this level on. */
  readonly logLevel: LogLevel;
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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high, {
      error: (issue) => `is "${issue.input}"; it must be a whole number from ${low} to ${high}`,
    })
    .transform(Number);

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
  STALE_AFTER_MINUTES: wholeNumber(1, 525_600).default(24 * 60),
  LOG_LEVEL: z
    .enum(logLevels, { error: (issue) => `is "${issue.input}"; it must be one of ${logLevels.join(', ')}` })
    .default('warn'),
  WAREHOUSE_URL: z
    .undefined({ error: 'is set, but this version serves the embedded warehouse only; unset it' })
    .optional(),
});

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
  if (!result.success) {
    throw new ConfigError(result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  }
  const { HOST, PORT, DATA_DIR, WAREHOUSE_CSV, STALE_AFTER_MINUTES, LOG_LEVEL } = result.data;
  return {
    host: HOST,
    port: PORT,
    dataDir: resolve(DATA_DIR),
    csvFolder: WAREHOUSE_CSV === undefined ? null : resolve(WAREHOUSE_CSV),
    staleAfterMinutes: STALE_AFTER_MINUTES,
    logLevel: LOG_LEVEL,
  };
}

/** The configuration of this process: the only place that reads process.env. */
export const configFromProcess = (): Config => loadConfig(process.env);
