import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { LocalError } from '../../local/errors.ts';

/** The settings of `npm run stack`, from environment variables. */
export interface Settings {
  /** The folder of all files of the stack; an absolute path. */
  readonly folder: string;
  readonly adsuitePort: number;
  readonly warehousePort: number;
  /** 0 takes any free port. */
  readonly servicePort: number;
  /** Null without Airflow. */
  readonly airflowPort: number | null;
  /** A folder of five CSV files to load instead of the demo data; an absolute path, or null. */
  readonly csvFolder: string | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads DATA_DIR, PORT, STACK_ADSUITE_PORT, STACK_WAREHOUSE_PORT and WAREHOUSE_CSV, and with Airflow STACK_AIRFLOW_PORT.
 *
 * @throws {LocalError} with all faults
 */
export function readSettings(env: Environment, { airflow }: { readonly airflow: boolean }): Settings {
  const faults: string[] = [];
  const value = (name: string) => env[name]?.trim() || undefined;
  const port = (name: string, fallback: number, lowest: number): number => {
    const text = value(name) ?? String(fallback);
    if (/^\d{1,5}$/.test(text) && Number(text) >= lowest && Number(text) <= 65_535) return Number(text);
    faults.push(`${name} is "${text}"; it must be a whole number from ${lowest} to 65535`);
    return fallback;
  };
  const csv = value('WAREHOUSE_CSV');
  const settings: Settings = {
    folder: stackFolder(env),
    adsuitePort: port('STACK_ADSUITE_PORT', 5441, 1),
    warehousePort: port('STACK_WAREHOUSE_PORT', 5442, 1),
    servicePort: port('PORT', 4000, 0),
    airflowPort: airflow ? port('STACK_AIRFLOW_PORT', 8080, 1) : null,
    csvFolder: csv === undefined ? null : resolve(csv),
  };
  const ports = Object.entries({
    STACK_ADSUITE_PORT: settings.adsuitePort,
    STACK_WAREHOUSE_PORT: settings.warehousePort,
    PORT: settings.servicePort,
    STACK_AIRFLOW_PORT: settings.airflowPort,
  }).filter(([, value]) => value !== null);
  if (faults.length === 0 && new Set(ports.map(([, value]) => value)).size < ports.length) {
    faults.push(`The ports must differ: ${ports.map(([name, value]) => `${name} is ${value}`).join(', ')}`);
  }
  if (settings.csvFolder !== null && !existsSync(settings.csvFolder)) {
    faults.push(`WAREHOUSE_CSV is ${settings.csvFolder}, which does not exist`);
  }
  if (faults.length > 0) throw new LocalError(faults.join('\n'));
  return settings;
}

/** The folder of all files of the stack; an absolute path. */
export function stackFolder(env: Environment): string {
  return resolve(env.DATA_DIR?.trim() || '.data', 'stack');
}
