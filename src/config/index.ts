import { resolve } from 'node:path';
import { z } from 'zod';
import { AddressError } from './address.ts';
import { type AdsuiteConfig, adsuiteVariables, readAdsuite } from './adsuite.ts';
import { type AuthConfig, authConfig, authVariables, checkAuth, isAuthenticated } from './auth.ts';
import { documentsFolder, documentVariables } from './documents.ts';
import { freshnessVariables, type StaleAfterMinutes, staleAfterMinutes } from './freshness.ts';
import { checkHost, checkTimeouts, type HttpConfig, httpConfig, httpVariables } from './http.ts';
import { type LedgerConfig, ledgerConfig, ledgerVariables, parseLedgerUrl } from './ledger.ts';
import { keptAnswerBytes, limitsConfig, limitVariables, type RequestLimits } from './limits.ts';
import { type PushConfig, pushConfig, pushVariables } from './push.ts';
import { type TelemetryConfig, telemetryConfig, telemetryVariables } from './telemetry.ts';
import { oneOf } from './variables.ts';
import { parseWarehouseUrl, type WarehouseConfig, warehouseConfig, warehouseVariables } from './warehouse.ts';

/** The validated configuration of the service. */
export interface Config {
  readonly http: HttpConfig;
  readonly auth: AuthConfig;
  /** The folder of the manifests of trusted documents, an absolute path; null: none. */
  readonly documentsFolder: string | null;
  readonly limits: RequestLimits;
  /** Memory for answers that are kept until the next build, in bytes; 0: none are kept. */
  readonly keptAnswerBytes: number;
  readonly warehouse: WarehouseConfig;
  readonly staleAfterMinutes: StaleAfterMinutes;
  /** How long the newest build is cached before the warehouse is asked again. */
  readonly buildCheckSeconds: number;
  readonly ledger: LedgerConfig;
  readonly adsuite: AdsuiteConfig;
  readonly push: PushConfig;
  readonly telemetry: TelemetryConfig;
  /** The lowest level of the JSON log on standard output. */
  readonly logLevel: z.output<typeof logVariables.LOG_LEVEL>;
}

/** An invalid environment: all faults, one per line. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

const logVariables = {
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent')
    .default('warn')
    .describe('Lowest level of the JSON log on standard output.'),
};

/** All variables, by topic. docs/configuration.md lists them in this order. */
export const variablesByTopic = {
  'Address and connections': httpVariables,
  Authentication: authVariables,
  'Trusted documents': documentVariables,
  Requests: limitVariables,
  Warehouse: warehouseVariables,
  Freshness: freshnessVariables,
  AdSuite: adsuiteVariables,
  Ledger: ledgerVariables,
  Push: pushVariables,
  Monitoring: telemetryVariables,
  Log: logVariables,
} as const;

const environment = z.object({
  ...httpVariables,
  ...authVariables,
  ...documentVariables,
  ...limitVariables,
  ...warehouseVariables,
  ...freshnessVariables,
  ...adsuiteVariables,
  ...ledgerVariables,
  ...pushVariables,
  ...telemetryVariables,
  ...logVariables,
});

/**
 * Reads the configuration. An empty variable counts as unset.
 *
 * @throws {ConfigError} with all faults.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
  const { data, error } = environment.safeParse(set);
  const faults = (error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}`);
  const warehouseAddress = readStoreAddress('WAREHOUSE', set, faults, parseWarehouseUrl);
  if (set.WAREHOUSE_URL !== undefined && set.WAREHOUSE_CSV !== undefined) {
    faults.push('WAREHOUSE_CSV is for the embedded warehouse, but WAREHOUSE_URL is set; unset one of them');
  }
  const ledgerAddress = readStoreAddress('LEDGER', set, faults, parseLedgerUrl);
  const adsuite = readAdsuite(set.ADSUITE_URL, set.ADSUITE_TOKEN, set.WAREHOUSE_URL === undefined, faults);
  checkTimeouts(set, faults);
  checkAuth(set, faults);
  checkHost(set.HOST, isAuthenticated(set), faults);
  const push = data && pushConfig(data, faults);
  if (!data || !push || faults.length > 0) throw new ConfigError(faults);
  return {
    http: httpConfig(data, isAuthenticated(set)),
    auth: authConfig(data),
    limits: limitsConfig(data, isAuthenticated(set)),
    keptAnswerBytes: keptAnswerBytes(data),
    documentsFolder: documentsFolder(data),
    warehouse: warehouseConfig(data, warehouseAddress),
    staleAfterMinutes: staleAfterMinutes(data),
    buildCheckSeconds: data.BUILD_CHECK_SECONDS,
    ledger: ledgerConfig(data, ledgerAddress, resolve(data.DATA_DIR)),
    adsuite,
    push,
    telemetry: telemetryConfig(data),
    logLevel: data.LOG_LEVEL,
  };
}

/** The variables that have no effect without the URL of the store. */
const onlyWithUrl = {
  WAREHOUSE: ['PASSWORD', 'CA', 'CONNECTIONS', 'WAIT_SECONDS', 'STATEMENT_SECONDS'],
  LEDGER: ['PASSWORD', 'CA', 'CONNECTIONS'],
} as const;

/**
 * The address of a store's server; null if none is set or it is invalid. Faults are added to `faults`.
 *
 * @param parse parses the URL, given the password and the CA file that are set separately.
 */
function readStoreAddress<Address>(
  store: keyof typeof onlyWithUrl,
  set: Readonly<Record<string, string | undefined>>,
  faults: string[],
  parse: (url: string, password: string | null, caFile: string | null) => Address,
): Address | null {
  const url = set[`${store}_URL`];
  if (url === undefined) {
    for (const name of onlyWithUrl[store].map((each) => `${store}_${each}`)) {
      if (name in set) faults.push(`${name} is set, but ${store}_URL is not`);
    }
    return null;
  }
  const [password, ca] = [set[`${store}_PASSWORD`], set[`${store}_CA`]];
  try {
    return parse(url, password ?? null, ca === undefined ? null : resolve(ca));
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    faults.push(`${store}_URL ${error.message}`);
    return null;
  }
}

/** The configuration of this process. */
export const configFromProcess = (): Config => loadConfig(process.env);
