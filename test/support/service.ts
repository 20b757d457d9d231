import { join } from 'node:path';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { FastifyInstance } from 'fastify';
import { type DocumentNode, print } from 'graphql';
import { pino } from 'pino';
import { loadConfig } from '../../src/config/index.ts';
import { type DeliveryLimits, defaultDeliveryLimits, defaultGuardLimits } from '../../src/config/push.ts';
import { type Ledger, openLedger } from '../../src/db/ledger/connect.ts';
import {
  openWarehouse,
  type Statement,
  type Warehouse,
  type WarehouseOptions,
} from '../../src/db/warehouse/connect.ts';
import type { WarehouseTarget } from '../../src/db/warehouse/pool.ts';
import { type OpenPushing, openPushing, type PushingOptions } from '../../src/push/index.ts';
import { createServer, type ServerOptions } from '../../src/server.ts';
import { pushSource } from '../../src/start/push-source.ts';
import { type LedgerServer, ledgerServers } from './ledgers.ts';
import { recordStatement } from './recorded-statements.ts';
import { openTestDatabase, type RawWorld, type TestDatabase } from './warehouses.ts';

export interface Answer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
  readonly extensions?: { readonly data?: unknown };
}

/** The real service on a real port, over a warehouse of its own. */
export interface TestService {
  readonly url: string;
  /** The server itself. */
  readonly app: FastifyInstance;
  /** The lines of the service's log. */
  readonly log: readonly string[];
  /** The statements that were sent since the last look. */
  takeStatements(): Statement[];
  /** Sends an operation and returns whatever comes back. */
  send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | DocumentNode | string,
    variables?: Variables,
  ): Promise<Answer<Data>>;
  /** The same, for an operation that must succeed. */
  ask<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data>;
  close(): Promise<void>;
}

/** The present of all services under test. */
export const present = new Date('2026-03-01T00:00:00Z');

/** The service over a warehouse of its own, with a world that is made for the test. */
export async function openTestService(
  world: RawWorld,
  asOf: string,
): Promise<TestService & { database: TestDatabase }> {
  const database = await openTestDatabase(world, asOf);
  const service = await serve(database.target);
  return {
    ...service,
    database,
    close: async () => {
      await service.close();
      await database.close();
    },
  };
}

/** The service over a warehouse that stands. */
export async function serve(
  target: WarehouseTarget,
  options: Partial<ServerOptions> = {},
  limits: Partial<WarehouseOptions> = {},
  pushing: Partial<TestPushingOptions> = {},
): Promise<TestService> {
  let statements: Statement[] = [];
  const warehouse = openWarehouse({
    target,
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
  const log: string[] = [];
  const push = openTestPushing(warehouse, pushing);
  const defaults = loadConfig({ PORT: '0' });
  const http = options.http ?? defaults.http;
  const server = await createServer({
    http,
    limits: defaults.limits,
    warehouse,
    push,
    ledger: push.ledger.reads,
    logger: pino({ level: 'error' }, { write: (line: string) => void log.push(line) }),
    staleAfterMinutes: { build: 60, mirror: 60, events: 60, clicks: 60 },
    // Each operation looks for a new build, so that what it costs does not depend on time.
    buildCheckSeconds: 0,
    // Any folder will do: the page itself is tested in a browser.
    pageFolder: join(import.meta.dirname, '../../src/web'),
    now: () => present,
    ...options,
  });
  const url = await server.listen({ host: http.host, port: http.port });

  const send: TestService['send'] = async (document, variables) => {
    const query = typeof document === 'string' ? document : print(document);
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
      await warehouse.close();
    },
  };
}

export interface TestPushingOptions extends Omit<PushingOptions, 'ledger' | 'delivery'> {
  readonly ledger: Ledger;
  readonly delivery: Partial<DeliveryLimits>;
}

/** Pushing for a service under test. By default its ledger is a new database, created when it is first used. */
export function openTestPushing(
  warehouse: Warehouse,
  { ledger: given, delivery, ...options }: Partial<TestPushingOptions> = {},
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
    });
  const pushing = openPushing({
    source: pushSource(warehouse),
    ledger,
    adsuite: null,
    // The data of tests is old.
    limits: { ...defaultGuardLimits, buildMinutes: 1e8, mirrorMinutes: 1e8 },
    delivery: { ...defaultDeliveryLimits, ...delivery },
    requestMilliseconds: 5_000,
    onDelivered: () => {},
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
