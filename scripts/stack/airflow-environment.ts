import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { dbtFolder } from './dbt.ts';
import type { Logins } from './logins.ts';

export const dagsFolder = join(import.meta.dirname, '../../warehouse/airflow/dags');

/** The pool of the dbt tasks (warehouse/airflow/dags/attribution_dbt.py). */
export const dbtPool = 'attribution_dbt';

export interface AirflowPlace {
  /** AIRFLOW_HOME: Airflow's database, logs and dbt's artifacts. */
  readonly home: string;
  readonly dags?: string;
}

/** Creates an AIRFLOW_HOME that only its owner can enter: Airflow's database and its password file are readable for all. */
export function makeAirflowHome(home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // It may exist already, with other rights.
  chmodSync(home, 0o700);
}

/** Environment variables of an Airflow without connections: its folders, and no report of its use to anybody. */
export function airflowSettings({ home, dags = dagsFolder }: AirflowPlace): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? home,
    LANG: 'C.UTF-8',
    PYTHONDONTWRITEBYTECODE: '1',
    AIRFLOW_HOME: home,
    AIRFLOW__CORE__DAGS_FOLDER: dags,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    DO_NOT_TRACK: '1',
  };
}

export interface AirflowTarget {
  readonly logins: Logins;
  /** The service's address, without a path. */
  readonly origin: string;
  /** An API key of the service; null if it has no authentication. */
  readonly airflowKey: string | null;
  /** The path of the dbt program. */
  readonly dbt: string;
  readonly home: string;
}

/** The DAGs' connections and Variables (docs/airflow.md) for a stack, and the variables that dbt's profile reads. */
export function airflowConnections({ logins, origin, airflowKey, dbt, home }: AirflowTarget): Record<string, string> {
  const airflow = logins.to('warehouse', 'attribution_airflow');
  const builder = logins.to('warehouse', 'attribution_dbt');
  const service = new URL(origin);
  return {
    AIRFLOW_CONN_ATTRIBUTION_WAREHOUSE: JSON.stringify({
      conn_type: 'postgres',
      host: airflow.host,
      port: airflow.port,
      login: airflow.user,
      password: airflow.password,
      schema: airflow.database,
    }),
    AIRFLOW_CONN_ATTRIBUTION_SERVICE: JSON.stringify({
      conn_type: 'http',
      host: `${service.protocol}//${service.hostname}`,
      port: Number(service.port),
      ...(airflowKey === null ? {} : { password: airflowKey }),
    }),
    AIRFLOW_VAR_ATTRIBUTION_WAREHOUSE_KIND: 'postgres',
    AIRFLOW_VAR_ATTRIBUTION_DBT: dbt,
    AIRFLOW_VAR_ATTRIBUTION_DBT_PROJECT: dbtFolder,
    AIRFLOW_VAR_ATTRIBUTION_DBT_PROFILES: dbtFolder,
    AIRFLOW_VAR_ATTRIBUTION_DBT_TARGET: 'local',
    AIRFLOW_VAR_ATTRIBUTION_DBT_OUTPUT: join(home, 'dbt'),
    WAREHOUSE_PORT: String(builder.port),
    WAREHOUSE_USER: builder.user,
    WAREHOUSE_PASSWORD: builder.password,
    WAREHOUSE_DATABASE: builder.database,
  };
}
