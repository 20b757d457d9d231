import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { FastifyInstance } from 'fastify';
import { type DocumentNode, print } from 'graphql';
import { pino } from 'pino';
import { expect, inject, onTestFinished } from 'vitest';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { loadConfig } from '../../src/config/index.ts';
import { type DeliveryLimits, defaultDeliveryLimits, defaultGuardLimits } from '../../src/config/push.ts';
import { type Ledger, openLedger } from '../../src/db/ledger/connect.ts';
import type { OnQueryEnd, SnapshotState } from '../../src/db/observation.ts';
import {
  openWarehouse,
  type Statement,
  type Warehouse,
  type WarehouseOptions,
} from '../../src/db/warehouse/connect.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { newestBuild } from '../../src/db/warehouse/queries/builds.ts';
import type { QueryName } from '../../src/db/warehouse/query-timeouts.ts';
import { openSnapshots } from '../../src/db/warehouse/snapshots.ts';
import { type OpenPushing, openPushing, type PushingOptions } from '../../src/push/index.ts';
import { createServer, type ServerOptions } from '../../src/server.ts';
import { pushSource } from '../../src/start/push-source.ts';
import { createTelemetry } from '../../src/telemetry/telemetry.ts';
import { seedDataDir } from './databases.ts';
import { type LedgerServer, ledgerServers } from './ledgers.ts';
import { pushWorld } from './push-api.ts';
import { recordStatement } from './recorded-statements.ts';
import { openTestDatabase, type RawWorld, type TestDatabase } from './warehouses.ts';

export interface Answer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
  readonly extensions?: { readonly data?: unknown };
}

/** The real service on a real port. */
export interface TestService {
  readonly url: string;
  /** The server itself. */
  readonly app: FastifyInstance;
  /** Its pushes. */
  readonly push: OpenPushing;
  /** The service's log, line by line. */
  readonly log: readonly string[];
  /** The snapshot of the newest build, once an operation was sent; null: the service has none. */
  snapshot(): SnapshotState | null;
  /** The statements that were sent since the last call. */
  takeStatements(): Statement[];
  /** Sends an operation and returns the response. */
  send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | DocumentNode | string,
    variables?: Variables,
  ): Promise<Answer<Data>>;
  /** Sends an operation that must succeed, and returns its data. */
  ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;
  close(): Promise<void>;
}

/** The current time of all services under test. */
export const present = new Date('2026-03-01T00:00:00Z');

/** The service with its own warehouse, filled for the test. */
export async function openTestService(
  world: RawWorld,
  asOf: string,
  options: TestWarehouseOptions = {},
): Promise<TestService & { database: TestDatabase }> {
  const database = await openTestDatabase(world, asOf);
  const service = await serve(database.target, {}, options);
  return {
    ...service,
    database,
    close: async () => {
      await service.close();
      await database.close();
    },
  };
}

/** Runs before each query of a service, one after the other; the query waits for it. */
export type BeforeQuery = (name: QueryName) => Promise<void>;

/** The warehouse, with its queries one at a time, so that something can happen between any two of them. */
function oneByOne(warehouse: Warehouse, before: BeforeQuery): Warehouse {
  let last: Promise<unknown> = Promise.resolve();
  const delayed =
    (rows: Warehouse['rows']): Warehouse['rows'] =>
    (name, query) => {
      const result = last.then(async () => {
        await before(name);
        return rows(name, query);
      });
      last = result.catch(() => {});
      return result;
    };
  const delayedView = (view: Warehouse): Warehouse => ({
    ...view,
    rows: delayed(view.rows),
    ofBuild: (tables) => {
      const reader = view.ofBuild(tables);
      const inTurn = delayed(reader.rows);
      const rows: Warehouse['rows'] = async (name, query) => {
        // It takes a turn of its own.
        await tables();
        return inTurn(name, query);
      };
      return {
        ...reader,
        rows,
        // One at a time, so that none has others to join.
        lookUp: async ({ fetch, find }, keys) => find(await fetch({ ...reader, rows }, keys)),
      };
    },
    within: (signal) => delayedView(view.within(signal)),
  });
  return delayedView(warehouse);
}

export interface TestWarehouseOptions extends Partial<WarehouseOptions> {
  readonly beforeQuery?: BeforeQuery;
  /**
   * Whether operations find the snapshot of the newest build complete. Off by default: a test may change the tables of a build, or
   * be about statements.
   */
  readonly hasSnapshot?: boolean;
}

/** The snapshots of a warehouse. Their statements are not those of operations. */
function openTestSnapshots(target: WarehouseTarget) {
  const warehouse = openWarehouse({
    target,
    maxConnections: 1,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onStatement: recordStatement,
    onConnectionLost: () => {},
  });
  const snapshots = openSnapshots({ warehouse, maxBytes: 2 ** 28, clock: () => performance.now() });
  return {
    snapshots,
    /** Fills the snapshot of the newest build. */
    complete: async () => {
      snapshots.noticed(await newestBuild(warehouse));
      await snapshots.settled();
    },
    close: async () => {
      await snapshots.close();
      await warehouse.close();
    },
  };
}

/** The service with an existing warehouse. */
export async function serve(
  target: WarehouseTarget,
  options: Partial<ServerOptions> = {},
  { beforeQuery, hasSnapshot = false, ...limits }: TestWarehouseOptions = {},
  pushing: Partial<TestPushingOptions> = {},
): Promise<TestService> {
  let statements: Statement[] = [];
  const telemetry = options.telemetry ?? createTelemetry();
  const opened = openWarehouse({
    target,
    onQueryEnd: telemetry.queryEnded.warehouse,
    maxConnections: 4,
    waitMilliseconds: 10_000,
    statementMilliseconds: 60_000,
    onStatement: (statement) => {
      statements.push(statement);
      recordStatement(statement);
    },
    onConnectionLost: () => {},
    ...limits,
  });
  const own = hasSnapshot ? openTestSnapshots(target) : null;
  const warehouse = beforeQuery ? oneByOne(opened, beforeQuery) : opened;
  const log: string[] = [];
  const push = openTestPushing(warehouse, {
    onSettled: (settled) => telemetry.metrics.rowsSettled(settled),
    observeRequest: telemetry.observeRequest,
    onQueryEnd: telemetry.queryEnded.ledger,
    ...pushing,
  });
  // Time must not decide a test.
  const defaults = loadConfig({ PORT: '0', OPERATION_SECONDS: '3600', PUSH_OPERATION_SECONDS: '3600' });
  const http = options.http ?? defaults.http;
  const server = await createServer({
    http,
    credentials: null,
    documents: null,
    // On PGlite all operations are compiled at once, on PostgreSQL none: so the tests of the API run both ways.
    limits: { ...defaults.limits, compileAfter: inject('warehouses') === 'PGlite' ? 0 : 1_000_000 },
    // Tests count the statements of operations that they repeat.
    keptAnswerBytes: 0,
    warehouse,
    snapshots: own?.snapshots ?? null,
    push,
    ledger: push.ledger.reads,
    savedQueries: push.ledger.savedQueries,
    ledgerStatus: push.ledger.status,
    telemetry,
    // Each probe checks the stores.
    readyCheckSeconds: 0,
    logger: pino({ level: 'error' }, { write: (line: string) => void log.push(line) }),
    staleAfterMinutes: { build: 60, mirror: 60, events: 60, clicks: 60 },
    // Each operation looks for a new build, so that its statements do not depend on time.
    buildCheckSeconds: 0,
    // Any folder is sufficient, because the page is tested in a browser.
    pageFolder: join(import.meta.dirname, '../../src/web'),
    now: () => present,
    ...options,
  });
  const url = await server.listen({ host: http.host, port: http.port });

  const send: TestService['send'] = async (document, variables) => {
    const query = typeof document === 'string' ? document : print(document);
    await own?.complete();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as object) } as never;
  };
  return {
    url,
    app: server,
    log,
    push,
    snapshot: () => own?.snapshots.state() ?? null,
    takeStatements: () => {
      const taken = statements;
      statements = [];
      return taken;
    },
    send,
    ask: async (document, variables) => {
      const { data, errors } = await send(document, variables);
      if (errors) throw new Error([...errors.map((error) => error.message), ...log].join('\n'));
      return data;
    },
    close: async () => {
      await server.close();
      await push.close();
      await own?.close();
      await warehouse.close();
    },
  };
}

export interface TestPushingOptions extends Omit<PushingOptions, 'ledger' | 'delivery'> {
  readonly ledger: Ledger;
  /** Of the default ledger. */
  readonly onQueryEnd: OnQueryEnd;
  readonly delivery: Partial<DeliveryLimits>;
}

/** Pushing for a service under test. By default its ledger is a new database, created when it is first used. */
export function openTestPushing(
  warehouse: Warehouse,
  { ledger: given, onQueryEnd, delivery, ...options }: Partial<TestPushingOptions> = {},
): OpenPushing & { readonly ledger: Ledger } {
  let server: Promise<LedgerServer> | null = null;
  const [[, startPglite]] = ledgerServers as typeof ledgerServers & readonly [(typeof ledgerServers)[number]];
  const ledger =
    given ??
    openLedger({
      openTarget: async () => {
        server ??= startPglite();
        return { target: await (await server).emptyLedger(), close: async () => {} };
      },
      maxConnections: 4,
      waitMilliseconds: 10_000,
      statementMilliseconds: 60_000,
      onConnectionLost: () => {},
      batchRows: 500,
      ...(onQueryEnd ? { onQueryEnd } : {}),
    });
  const pushing = openPushing({
    source: pushSource(warehouse),
    ledger,
    adsuite: null,
    // Data of tests is old.
    limits: { ...defaultGuardLimits, buildMinutes: 1e8, mirrorMinutes: 1e8 },
    delivery: { ...defaultDeliveryLimits, ...delivery },
    requestMilliseconds: 5_000,
    onHandedOver: () => {},
    onEnded: () => {},
    onError: () => {},
    ...options,
  });
  return {
    ...pushing,
    ledger,
    close: async () => {
      await pushing.close();
      await ledger.close();
      await (await server)?.stop();
    },
  };
}

// The service as `npm start` runs it: the built dist/main.js in a separate process, in a folder of the test.
const root = join(import.meta.dirname, '../..');
const [, ...words]: string[] = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts.start.split(' ');
const flags = words.filter((word) => word.startsWith('--'));

/** The folder and the services of the running test; both end with it. */
let current: { readonly folder: string; readonly children: ChildProcess[] } | null = null;
function ofThisTest(): NonNullable<typeof current> {
  if (current) return current;
  const own = { folder: mkdtempSync(join(tmpdir(), 'attribution-main-')), children: [] as ChildProcess[] };
  onTestFinished(() => {
    current = null;
    for (const child of own.children) child.kill('SIGKILL');
    rmSync(own.folder, { recursive: true, force: true });
  });
  current = own;
  return own;
}

/** The parent of the data folders of services under test. */
export const dataDir = (): string => join(ofThisTest().folder, 'data');

/** Five CSV files with one attributed conversion. */
export function writeCsv(name: string, files: Record<string, string> = {}): string {
  const path = join(ofThisTest().folder, name);
  mkdirSync(path, { recursive: true });
  const world = {
    'strategies.csv': 'id,tune_offer_id,created_at\n1,50,2026-01-01T00:00:00Z\n',
    'iterations.csv':
      'iteration_id,strategy_id,created_at\n10,1,2026-01-01T00:00:00.000001Z\n11,1,2026-01-02T00:00:00.000001Z\n',
    'campaigns.csv': 'id,adaction_id\n7,50\n',
    'clicks.csv': 'click_id,campaign_id,timestamp\nc1,7,2026-01-02 00:00:00.000001+00\n',
    'events.csv':
      'event_id,event_type,click_id,goal_reference_id,timestamp\ne1,goal_complete,c1,g1,2026-01-02T10:00:00Z\n',
    ...files,
  };
  for (const [file, text] of Object.entries(world)) writeFileSync(join(path, file), text);
  return path;
}

export interface Service {
  readonly child: ChildProcess;
  /** Its output until now. */
  output(): string;
  /** Waits until its output matches. */
  said(pattern: RegExp): Promise<void>;
  /** Resolves with the address when it listens. */
  readonly listening: Promise<string>;
  readonly exit: Promise<number | null>;
}

/** Starts it on a free port. A missing DATA_DIR is created with empty databases, which saves seconds. */
export function start(env: Record<string, string>): Service {
  const folder = env.DATA_DIR ?? dataDir();
  if (!existsSync(folder)) seedDataDir(folder);
  return startAsIs(env);
}

/** Starts it on a free port. The service creates its databases. */
export function startAsIs(env: Record<string, string>): Service {
  const child = spawn('node', [...flags, join(root, 'dist/main.js')], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir(), ...env },
  });
  ofThisTest().children.push(child);
  let output = '';
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const listening = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        output += chunk;
        const address = /GraphQL +(\S+)\/graphql/.exec(output)?.[1];
        if (address) resolve(address);
      });
    }
    exit.then((code) => reject(new Error(`ended with ${code} before it listened:\n${output}`)));
  });
  // A test that only waits for the exit does not handle this rejection.
  listening.catch(() => {});
  const said = async (pattern: RegExp) => {
    while (!pattern.test(output)) await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
  };
  return { child, output: () => output, said, listening, exit };
}

/** Sends an operation to a service. */
export async function ask<Data>(address: string, query: string): Promise<Data> {
  return (await send<Data>(address, query)).data;
}

/** The same, and returns the response with errors. */
export async function send<Data>(
  address: string,
  query: string,
): Promise<{ status: number; headers: Headers; data: Data; errors?: { message: string; extensions: object }[] }> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return { status: response.status, headers: response.headers, ...((await response.json()) as { data: Data }) };
}

/** Starts a service that must fail, and returns its output. */
export async function failedStart(env: Record<string, string>): Promise<string> {
  const service = startAsIs(env);
  expect(await service.exit).toBe(1);
  expect(service.output()).not.toMatch(/^\s+at /m);
  return service.output();
}

const columns = {
  strategies: 'id,tune_offer_id,created_at',
  iterations: 'iteration_id,strategy_id,created_at',
  campaigns: 'id,adaction_id',
  clicks: 'click_id,campaign_id,timestamp',
  events: 'event_id,event_type,click_id,goal_reference_id,payout,timestamp',
} as const;

/** Writes a push world as files for WAREHOUSE_CSV. */
export function writePushWorld(name: string, count: number): string {
  const world = pushWorld(count);
  const files = Object.entries(columns).map(([table, header]) => {
    const rows = world[table as keyof typeof columns].map((row) =>
      header
        .split(',')
        .map((column) => row[column])
        .join(),
    );
    return [`${table}.csv`, `${[header, ...rows].join('\n')}\n`];
  });
  return writeCsv(name, Object.fromEntries(files));
}

/** The environment of a service with this ledger; null: the embedded one in its DATA_DIR. */
export function pushEnvironment(
  adsuite: { readonly url: string; readonly token: string },
  ledger: PostgresConnection | null,
): Record<string, string> {
  return {
    ADSUITE_URL: adsuite.url,
    ADSUITE_TOKEN: adsuite.token,
    PUSH_BATCH_ROWS: '1',
    PUSH_CONCURRENCY: '2',
    PUSH_LEASE_SECONDS: '2',
    // The times of the world are fixed, in the past.
    STALE_AFTER_MINUTES: '525600',
    ...(ledger ? { LEDGER_URL: ledgerUrl(ledger) } : {}),
  };
}

const ledgerUrl = ({ host, port, user, password, database }: PostgresConnection): string =>
  `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;

const examplesFolder = join(import.meta.dirname, '../../src/web/examples');

export interface ExampleFile {
  file: string;
  /** Operation name. */
  name: string;
  query: string;
  variables: Record<string, unknown>;
}

/** The example queries of the page with their variables, in tab order. */
export function readExamples(): ExampleFile[] {
  const files = readdirSync(examplesFolder).sort();
  return files
    .filter((file) => file.endsWith('.graphql'))
    .map((file) => {
      const query = readFileSync(join(examplesFolder, file), 'utf8');
      const variables = file.replace(/graphql$/, 'json');
      return {
        file,
        name: /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? '',
        query,
        variables: files.includes(variables) ? JSON.parse(readFileSync(join(examplesFolder, variables), 'utf8')) : {},
      };
    });
}
