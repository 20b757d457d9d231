import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import { type DbtResult, failureOf, localProfile, runDbt } from '../../local/dbt.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { pythonEnvironment } from '../../local/python/environment.ts';
import { renderTest } from '../../src/embedded/dbt/index.ts';
import { sharedPostgres } from './databases.ts';
import { addRaw, connectStore, openPglite, project, type RawWorld, type Row, rowsOf, run, type Store } from './dbt.ts';

/** All builds have it, so that their tables can be compared. */
const asOf = '2026-03-01T00:00:00.000000Z';
/** Tables whose content does not depend on how often and by which runs they were built, with the columns that do. */
const compared: Readonly<Record<string, readonly string[]>> = {
  goal_complete_events: ['read_at', 'read_from'],
  goal_complete_events_attributed: [],
  iteration_metrics_daily: [],
  iteration_clicks_daily: [],
  iteration_clicks_quarter_hourly: [],
  iterations_first_seen: ['first_seen_build_id', 'first_seen_at', 'first_seen_build_number'],
  conversions_last_attributed: ['attributed_since_build_id'],
};

/** A run of dbt that has started. */
export interface StartedRun {
  readonly result: Promise<DbtResult>;
  /** Sends a signal to the process of dbt. */
  kill(signal: NodeJS.Signals): void;
}

export interface Lease {
  readonly build_id: string;
  readonly build_number: string;
  readonly is_free: boolean;
  readonly minutes_left: number;
}

/** A warehouse on the shared PostgreSQL, where the real dbt runs, several times at once if wanted. */
export class DbtWarehouse {
  readonly store: Store;
  readonly #server: ReturnType<typeof sharedPostgres>;
  readonly #connection: PostgresConnection;
  readonly #dbt: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'dbt-runs-'));
  readonly #clients: pg.Client[] = [];
  readonly #running = new Set<StartedRun>();
  #started = 0;

  private constructor(
    dbt: string,
    server: ReturnType<typeof sharedPostgres>,
    connection: PostgresConnection,
    store: Store,
  ) {
    this.#dbt = dbt;
    this.#server = server;
    this.#connection = connection;
    this.store = store;
  }

  /** A warehouse without models. */
  static async create(world: RawWorld): Promise<DbtWarehouse> {
    const warehouse = await DbtWarehouse.#connect();
    await warehouse.store.query('create schema attribution');
    await addRaw(warehouse.store, world);
    return warehouse;
  }

  static async #connect(template?: string): Promise<DbtWarehouse> {
    const { program } = await pythonEnvironment('dbt', () => undefined);
    const server = sharedPostgres();
    const connection = await server.createDatabase('runs', template);
    return new DbtWarehouse(program('dbt'), server, connection, await connectStore(connection));
  }

  /** Closes the connection, so that the warehouse can be copied. */
  disconnect(): Promise<void> {
    return this.store.close();
  }

  copy(): Promise<DbtWarehouse> {
    return DbtWarehouse.#connect(this.#connection.database);
  }

  /**
   * Starts dbt with the vars of a build.
   *
   * @param build the var build_id; null leaves it out
   * @param folder of dbt's artifacts, for dbt retry
   * @param more vars
   */
  start(
    words: readonly string[],
    build: string | null,
    folder = `run-${this.#started}`,
    more: Readonly<Record<string, unknown>> = {},
  ): StartedRun {
    this.#started += 1;
    const pidFile = join(this.#folder, `pid-${this.#started}`);
    const vars = { as_of: asOf, ...(build === null ? {} : { build_id: build }), ...more };
    const result = runDbt({
      // The process id of the shell becomes dbt's.
      program: ['sh', '-c', 'echo $$ >"$0"; exec "$@"', pidFile, this.#dbt],
      words: [...words, ...(words[0] === 'retry' ? [] : ['--vars', JSON.stringify(vars)])],
      profile: localProfile(this.#connection),
      output: join(this.#folder, folder),
    });
    const started: StartedRun = {
      result,
      kill: (signal) => process.kill(Number(readFileSync(pidFile, 'utf8')), signal),
    };
    void result.finally(() => this.#running.delete(started));
    this.#running.add(started);
    return started;
  }

  /** Runs dbt to its end, and expects success. */
  async succeed(words: readonly string[], build: string | null, folder?: string): Promise<DbtResult> {
    return succeeded(await this.start(words, build, folder).result);
  }

  /** Another connection, which is closed with the warehouse. */
  async open(): Promise<pg.Client> {
    const client = new pg.Client(this.#connection);
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  /** Blocks every run at its first statement that reads a table, until the returned function is called. */
  async block(table: string): Promise<() => Promise<unknown>> {
    const client = await this.open();
    await client.query(`begin; lock table ${table} in access exclusive mode`);
    return () => client.query('commit');
  }

  /** Waits until a run is blocked at a table. Fails if it ends before. */
  blocked(table: string, run: StartedRun): Promise<void> {
    return this.#waiting(`relation = '${table}'::regclass`, 1, [run]);
  }

  /** Waits until so many connections wait for another transaction. Fails if one of the runs ends before. */
  waiting(count: number, ...runs: readonly StartedRun[]): Promise<void> {
    return this.#waiting('true', count, runs);
  }

  async #waiting(lock: string, count: number, runs: readonly StartedRun[]): Promise<void> {
    // A statement may have parallel workers, which wait with it.
    const query = `select count(distinct virtualtransaction)::int as count from pg_locks
      where ${lock} and not granted
        and pid in (select pid from pg_stat_activity where datname = current_database())`;
    const until = new AbortController();
    const isWaiting = async () => until.signal.aborted || (await this.store.query(query)).rows[0]?.count;
    await Promise.race([
      expect.poll(isWaiting, { timeout: 180_000 }).toBe(count),
      ...runs.map(async ({ result }) => {
        const ended = await result;
        if (!until.signal.aborted) expect.fail(`A run ended before it was blocked: ${failureOf(ended)}`);
      }),
    ]).finally(() => until.abort());
  }

  async lease(): Promise<Lease> {
    const { rows } = await this.store.query(
      `select build_id, build_number::text as build_number, expires_at is null as is_free,
         extract(epoch from expires_at - clock_timestamp())::float / 60 as minutes_left
       from attribution.run_lease`,
    );
    expect(rows).toHaveLength(1);
    return rows[0] as unknown as Lease;
  }

  /** Lets the lease expire, as after its time. */
  async expire(): Promise<void> {
    await this.store.query(`update attribution.run_lease set expires_at = clock_timestamp() - interval '1 second'`);
  }

  /**
   * Expects these finished builds, numbered from 1 in this order, no lease, every data test of the project to pass, and
   * tables as one run alone builds them.
   */
  async expectBuilds(builds: readonly string[], expected: Tables): Promise<void> {
    const { rows } = await this.store.query(
      'select build_id, build_number::int as number from attribution.attribution_builds order by build_number, build_id',
    );
    expect(rows).toEqual(builds.map((id, index) => ({ build_id: id, number: index + 1 })));
    const unpublished =
      'select build_id from attribution.attribution_builds where tables_build_number is distinct from build_number';
    expect((await this.store.query(unpublished)).rows).toEqual([]);
    expect((await this.lease()).is_free).toBe(true);
    const failed: string[] = [];
    for (const test of project.tests.filter(({ severity }) => severity === 'error')) {
      const options = { startedAt: asOf, invocationId: 'test' };
      if ((await this.store.query(renderTest(project, test, options))).rows.length > 0) failed.push(test.name);
    }
    expect(failed).toEqual([]);
    expect(await contentsOf(this.store)).toEqual(expected);
  }

  /** Drops a warehouse that is disconnected. */
  async drop(): Promise<void> {
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async close(): Promise<void> {
    // After a failed test. A run that is stopped does not take SIGTERM.
    for (const started of this.#running) {
      started.kill('SIGKILL');
      await started.result;
    }
    for (const client of this.#clients) await client.end();
    await this.store.close();
    await this.drop();
  }
}

/** The result of a run that must have succeeded. */
export function succeeded(result: DbtResult): DbtResult {
  if (result.code !== 0) expect.fail(failureOf(result));
  return result;
}

/** Expects a run to fail with a message. */
export function expectFailure(result: DbtResult, message: RegExp): void {
  expect(result.code).not.toBe(0);
  expect(failureOf(result)).toMatch(message);
}

export type Tables = Readonly<Record<string, readonly (readonly (string | null)[])[]>>;

/** What one run alone builds, by the embedded runner. */
export async function builtAlone(world: RawWorld): Promise<Tables> {
  const store = await openPglite();
  try {
    await addRaw(store, world);
    await run(store, { asOf, startedAt: new Date().toISOString() });
    return await contentsOf(store);
  } finally {
    await store.close();
  }
}

async function contentsOf(store: Store): Promise<Tables> {
  const contents: Record<string, (string | null)[][]> = {};
  for (const [table, excluded] of Object.entries(compared)) {
    const { rows } = await store.query(
      `select attname::text as name from pg_attribute
       where attrelid = 'attribution.${table}'::regclass and attnum > 0 and not attisdropped order by attnum`,
    );
    const columns = rows.map(({ name }: Row) => String(name)).filter((name) => !excluded.includes(name));
    contents[table] = await rowsOf(store, `attribution.${table}`, columns);
  }
  return contents;
}
