import type { Compilable, OperationNodeSource, RawBuilder } from 'kysely';
import type { ReadonlyKysely } from 'kysely/readonly';
import type pg from 'pg';
import { untilAborted } from '../../abort.ts';
import { BuildReplaced, DeadlineExceeded, WarehouseUnavailable } from '../../errors.ts';
import { type OnQueryEnd, type PoolState, timeQuery } from '../observation.ts';
import type { StoreFault } from '../store-faults.ts';
import { settlesWithin } from '../timeout.ts';
import { type CompiledStatement, CompiledStatements, type FixedQuery } from './compiled-statements.ts';
import { connectionsInTurn } from './connection-queue.ts';
import { statementBuilder } from './dialect.ts';
import { canJoin, JointLookUps } from './joint-look-ups.ts';
import { type PoolOptions, WarehousePool } from './pool.ts';
import { preparedQueries, type QueryName, querySeconds } from './query-timeouts.ts';
import { retries } from './retries.ts';
import type { WarehouseDialect } from './session.ts';
import type { DetailTables, RecordTables, WarehouseTables } from './tables.ts';
import { CancelTimeout, describeTarget, warehouseFault } from './warehouse-faults.ts';

/** A statement as it is sent, for logs, metrics and tests. */
export interface Statement {
  readonly name: QueryName;
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A query of Kysely, from a builder or the `sql` tag, or with a fixed text. */
export type Query<Row> = ((Compilable<Row> | RawBuilder<Row>) & OperationNodeSource) | FixedQuery<Row>;

/** Read access to tables of schema `attribution`, by named queries. */
export interface Reader<Tables> {
  /** Builds queries. Its types have no insert, update or delete. */
  readonly db: ReadonlyKysely<Tables>;
  /**
   * Runs a query under its stable name, within that name's time limit.
   *
   * @throws {DeadlineExceeded} if it exceeds the limit; it is cancelled in the warehouse too.
   * @throws {WarehouseUnavailable} if no connection can be opened, or nothing is built yet.
   * @throws {BuildReplaced} if it reads a build whose tables have been dropped.
   * @throws the reason of the signal of `within`, once it is aborted; the query is cancelled in the warehouse too.
   */
  rows<Row>(name: QueryName, query: Query<Row>): Promise<Row[]>;
}

/** Reads the tables of one build. */
export interface BuildReader extends Reader<WarehouseTables> {
  /** Makes the compiler refuse a `Warehouse` in its place, which would read tables of several builds. */
  readonly isOfOneBuild: true;
  readonly dialect: WarehouseDialect;
}

/** What a look-up finds, by key. */
export type FindRow<Row> = (key: string) => Row | null;

/**
 * A look-up of rows by a key. What it finds depends on nothing but the key and the tables, so requests that pass the same object
 * share its statements. It is a constant: an object for each request would share nothing.
 */
export interface LookUp<Row> {
  readonly fetch: (reader: BuildReader, keys: readonly string[]) => Promise<Row[]>;
  readonly find: (rows: readonly Row[]) => FindRow<Row>;
}

/** Reads the tables of one build, and looks up rows together with other requests that read the same tables. */
export interface JoiningReader extends BuildReader {
  /** Throws what `rows` throws. */
  lookUp<Row>(lookUp: LookUp<Row>, keys: readonly string[]): Promise<FindRow<Row>>;
}

/** The warehouse. It reads the tables that all builds share; those that each build makes again are read `ofBuild`. */
export interface Warehouse extends Reader<RecordTables & DetailTables> {
  /**
   * Reads the tables of one build, which is looked up at the first query at the latest.
   *
   * @param tables `tables_build_number` of the build: null reads the ordinary tables, which a build under way replaces one by
   *   one. May throw.
   */
  ofBuild(tables: () => Promise<string | null>): JoiningReader;
  /** The same warehouse for one request: its queries end when the signal is aborted, waiting or running. */
  within(signal: AbortSignal): Warehouse;
  /** For display: the kind of server, its address and the user. */
  readonly title: string;
  /** Explains an error of this warehouse. */
  explain(error: unknown): StoreFault;
  /** Its connections at this moment. */
  pools(): readonly PoolState[];
  /** Cancels running queries, in the warehouse too, and closes the connections. */
  close(): Promise<void>;
}

export interface WarehouseOptions extends PoolOptions {
  /** Time limits of queries, in seconds, that replace the defaults of `querySeconds`. */
  readonly querySeconds?: Partial<Record<QueryName, number>>;
  /** Called before each statement is sent. */
  readonly onStatement?: (statement: Statement) => void;
  /** For tests: waits before a further attempt to read a table that does not exist. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
  readonly onQueryEnd?: OnQueryEnd;
  /** Called for each query that failed. */
  readonly onFault?: (name: QueryName, fault: StoreFault, error: unknown) => void;
}

/** How long the server has to cancel a statement before its session is terminated. */
const graceMilliseconds = 2_000;

/** Opens the warehouse. Connections are opened on demand. Throws if WAREHOUSE_CA can't be read. */
export function openWarehouse(options: WarehouseOptions): Warehouse {
  const { target } = options;
  const pool = new WarehousePool(options);
  const kysely = statementBuilder();
  const queue = connectionsInTurn(() => pool.connect(), options);
  const busy = new Set<pg.PoolClient>();
  let isClosed = false;
  const retry = retries({
    kindOf: (error) => warehouseFault(error, target).kind,
    isClosed: () => isClosed,
    wait: options.wait,
  });

  /** PGlite's clients share one session, and what Redshift's leader node does with many prepared statements is not known. */
  const isPrepared = (name: QueryName): boolean => target.dialect === 'postgres' && preparedQueries.has(name);

  const attempt = async <Row>(
    name: QueryName,
    { sql, parameters, name: prepared }: CompiledStatement,
    signal: AbortSignal | undefined,
  ): Promise<Row[]> => {
    const { client, release } = await queue.connect(name, signal);
    let isReusable = false;
    busy.add(client);
    try {
      options.onStatement?.({ name, sql, parameters });
      const limit = 1000 * (options.querySeconds?.[name] ?? querySeconds[name]);
      const statement = { text: sql, values: [...parameters], ...(isPrepared(name) ? { name: prepared } : {}) };
      const rows = await queryWithTimeout(pool, client, statement, limit, signal);
      isReusable = true;
      return rows as Row[];
    } catch (error) {
      isReusable = !(error instanceof CancelTimeout) && warehouseFault(error, target).kind !== 'lost';
      throw error;
    } finally {
      busy.delete(client);
      release(!isReusable);
    }
  };

  const statements = new CompiledStatements();
  const read = async <Row>(
    name: QueryName,
    query: Query<Row>,
    tables: string | null,
    signal: AbortSignal | undefined,
  ): Promise<Row[]> => {
    const statement = statements.compile(query, tables);
    const end = timeQuery(name, options.onQueryEnd);
    try {
      const rows = await retry(name, () => attempt<Row>(name, statement, signal), tables !== null);
      end('ok');
      return rows;
    } catch (error) {
      if (signal?.aborted) {
        // Its own effect: nothing is wrong with the warehouse.
        end('aborted');
        throw signal.reason;
      }
      const fault = warehouseFault(error, target);
      const isDropped = tables !== null && (fault.kind === 'missing' || fault.kind === 'moved');
      end(isDropped ? 'replaced' : fault.kind);
      const replaced = `The tables of build ${tables} were dropped while they were read: see kept_builds in docs/attribution.md.`;
      options.onFault?.(name, isDropped ? { ...fault, explanation: replaced } : fault, error);
      throw isDropped ? new BuildReplaced({ cause: error }) : toServiceError(name, fault, error);
    }
  };

  /** The look-ups that are running or waiting, by what is looked up and the tables. */
  const joint = new Map<object, Map<string | null, JointLookUps<unknown>>>();

  /** Sends look-ups. Outlives requests, so it holds nothing of one. */
  const sender =
    <Row>({ fetch, find }: LookUp<Row>, tables: string | null) =>
    async (keys: readonly string[], signal: AbortSignal | undefined): Promise<FindRow<Row>> => {
      const reader = view(signal).ofBuild(async () => tables);
      return find(await fetch(reader, keys));
    };

  const jointLookUps = <Row>(lookUp: LookUp<Row>, tables: string | null): JointLookUps<FindRow<Row>> => {
    const byTables = joint.get(lookUp) ?? new Map<string | null, JointLookUps<unknown>>();
    // Each look-up has one type of rows.
    const known = byTables.get(tables) as JointLookUps<FindRow<Row>> | undefined;
    if (known) return known;
    const opened = new JointLookUps<FindRow<Row>>(options, sender(lookUp, tables), () => {
      byTables.delete(tables);
      if (byTables.size === 0) joint.delete(lookUp);
    });
    joint.set(lookUp, byTables.set(tables, opened));
    return opened;
  };

  const lookUp = <Row>(
    wanted: LookUp<Row>,
    keys: readonly string[],
    tables: string | null,
    signal: AbortSignal | undefined,
  ): Promise<FindRow<Row>> =>
    signal === undefined || !canJoin(keys)
      ? sender(wanted, tables)(keys, signal)
      : jointLookUps(wanted, tables).find(keys, signal);

  const view = (signal?: AbortSignal): Warehouse => ({
    // Kysely's documented cast to its read-only type: the same object with fewer methods.
    db: kysely as never,
    rows: (name, query) => read(name, query, null, signal),
    ofBuild: (tables) => ({
      isOfOneBuild: true,
      dialect: target.dialect,
      db: kysely as never,
      // The look-up of the build may be shared with other requests, so it continues.
      rows: async (name, query) => read(name, query, await untilAborted(tables(), signal), signal),
      lookUp: async (wanted, keys) => lookUp(wanted, keys, await untilAborted(tables(), signal), signal),
    }),
    within: view,
    title: describeTarget(target),
    explain: (error) => warehouseFault(error instanceof Error && error.cause ? error.cause : error, target),
    pools: () => pool.states().map((state) => ({ ...state, waiting: state.waiting + queue.waiting })),
    close: async () => {
      isClosed = true;
      // Their results are no longer needed, and a statement may run longer than the shutdown may take.
      await Promise.allSettled([...busy].map((client) => pool.cancelStatement(client)));
      await pool.close();
    },
  });
  return view();
}

/**
 * Sends a statement. After its time limit, or once the signal is aborted, the server is asked to cancel it; if that fails, its
 * session is terminated.
 * The connection is not released before both have returned, so that the cancellation can't hit another query.
 *
 * Setting statement_timeout per statement would cost a round trip before most statements.
 */
async function queryWithTimeout(
  pool: WarehousePool,
  client: pg.PoolClient,
  statement: pg.QueryConfig,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const answer = client.query(statement);
  if (!(await settlesWithin(answer, milliseconds, signal))) {
    const cancelled = pool.cancelStatement(client);
    if (!(await settlesWithin(Promise.allSettled([cancelled, answer]), graceMilliseconds))) {
      // Best effort: if this fails, the session's statement_timeout still applies.
      pool.terminateSession(client).catch(() => {});
      throw new CancelTimeout();
    }
  }
  return (await answer).rows;
}

function toServiceError(name: QueryName, { kind, explanation }: StoreFault, error: unknown): unknown {
  if (kind === 'timeout') return new DeadlineExceeded(name, { cause: error });
  if (kind === 'unbuilt' || kind === 'missing') return new WarehouseUnavailable('unbuilt', { cause: error });
  if (kind === 'outdated') return new WarehouseUnavailable('outdated', { cause: error });
  if (kind === 'unreachable' || kind === 'lost' || kind === 'moved' || kind === 'refused') {
    return new WarehouseUnavailable('unreachable', { cause: error });
  }
  return error instanceof Error ? error : new Error(explanation);
}
