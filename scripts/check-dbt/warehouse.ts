import pg from 'pg';
import { demoEnd } from '../../local/demo-end.ts';
import type { PostgresServer } from '../../local/postgres/temporary.ts';
import { demoSource } from '../../src/embedded/demo/source.ts';
import { prepareAdsuite } from '../stack/adsuite.ts';
import { loadSources } from '../stack/load.ts';
import { type Logins, loginsOf, withClient } from '../stack/logins.ts';
import { refreshMirror } from '../stack/pipeline.ts';
import { prepareWarehouse } from '../stack/warehouse.ts';

/** Of the demo data: about 10,000 conversions of 40,000 clicks. */
const scale = 0.2;

type Report = (line: string) => void;

/**
 * Prepares AdSuite's database and a warehouse with the demo data in one temporary server, as the stack does in two:
 * the same changelog, users and rights, and a refreshed mirror.
 */
export async function prepareSources({ connection }: PostgresServer, report: Report): Promise<Logins> {
  const { port, password } = connection;
  const passwords = { file: '', of: (_database: string, user: string) => (user === 'postgres' ? password : user) };
  const logins = loginsOf(passwords, { adsuite: port, warehouse: port });
  await prepareAdsuite(logins);
  await prepareWarehouse(logins, report);
  await loadSources(logins, () => demoSource({ end: demoEnd, scale }), report);
  return logins;
}

/** One database: the warehouse of `logins`, or a copy of it. */
export class Warehouse {
  readonly #logins: Logins;
  readonly name: string;

  constructor(logins: Logins, name = 'warehouse') {
    this.#logins = logins;
    this.name = name;
  }

  login(user: 'postgres' | 'attribution_dbt' | 'attribution_airflow') {
    return { ...this.#logins.to('warehouse', user), database: this.name };
  }

  /** A copy with another name. Nothing may be connected to the original. */
  async copy(name: string): Promise<Warehouse> {
    const [copy, original] = [name, this.name].map((each) => pg.escapeIdentifier(each));
    await withClient({ ...this.login('postgres'), database: 'postgres' }, (client) =>
      client.query(`create database ${copy} template ${original}`),
    );
    return new Warehouse(this.#logins, name);
  }

  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    return withClient(this.login('postgres'), async (client) => (await client.query<Row>(sql)).rows);
  }

  /** Runs a statement in AdSuite's database, which all copies mirror. */
  async queryAdsuite(sql: string): Promise<void> {
    await withClient(this.#logins.to('adsuite', 'adsuite'), (client) => client.query(sql));
  }

  /** Refreshes the mirror as Airflow's user does. */
  async refresh(): Promise<void> {
    await withClient(this.login('attribution_airflow'), (airflow) => refreshMirror(airflow, () => undefined));
  }
}
