import 'reflect-metadata';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { Closing } from './closing.ts';
import { ConfigError, configFromProcess, type WarehouseConfig } from './config.ts';
import { openWarehouse, type Warehouse } from './db/warehouse/connect.ts';
import { EmbeddedStoreError, openEmbeddedWarehouse } from './embedded/index.ts';
import { checkPort, listenError, StartError } from './listen.ts';
import { createServer } from './server.ts';
import { onStopSignals } from './signals.ts';
import { reportWarehouse } from './warehouse-report.ts';

/** The project's root: this file runs as dist/main.js. */
const root = join(import.meta.dirname, '..');

/** The embedded warehouse answers as many side by side with profit; the rest is as for any other by default. */
const embeddedLimits = { connections: 4, waitSeconds: 10, statementSeconds: 60 };

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Tells what went wrong, and that the process must not end with 0. */
function fail(error: unknown): void {
  const expected = error instanceof ConfigError || error instanceof EmbeddedStoreError || error instanceof StartError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}

/** Opens the warehouse of the configuration, embedded or another's; `closing` closes it. */
async function openStore(config: WarehouseConfig, logger: Logger, closing: Closing): Promise<Warehouse> {
  if (config.kind === 'server') {
    const warehouse = open({ ...config.address }, config.limits, logger);
    closing.add(() => warehouse.close());
    await reportWarehouse(warehouse, say);
    return warehouse;
  }
  const embedded = await openEmbeddedWarehouse({
    dataDir: config.dataDir,
    csvFolder: config.csvFolder,
    dbtFolder: join(root, 'warehouse/dbt'),
    now: () => new Date(),
    report: say,
    onFailure: (error) => {
      fail(error);
      void closing.close();
    },
  });
  closing.add(() => embedded.close());
  const { host, port, database, user } = embedded.connection;
  const login = { kind: 'password', user, password: '' } as const;
  const warehouse = open({ dialect: 'pglite', host, port, database, login, tls: null }, embeddedLimits, logger);
  closing.add(() => warehouse.close());
  return warehouse;
}

type OpenOptions = Parameters<typeof openWarehouse>[0];

function open(target: OpenOptions['target'], limits: typeof embeddedLimits, logger: Logger): Warehouse {
  try {
    return openWarehouse({
      target,
      maxConnections: limits.connections,
      waitMilliseconds: limits.waitSeconds * 1000,
      statementMilliseconds: limits.statementSeconds * 1000,
      onConnectionLost: (error) => logger.warn({ err: error }, 'a connection to the warehouse was lost'),
      onFault: (query, fault, error) =>
        logger.error({ query, fault: fault.kind, explanation: fault.explanation, err: error }, 'a query failed'),
    });
  } catch (error) {
    // The one thing that is read before the first query.
    throw new StartError(`WAREHOUSE_CA can't be read: ${error instanceof Error ? error.message : error}`);
  }
}

async function main(closing: Closing): Promise<void> {
  const config = configFromProcess();
  await checkPort(config);
  const logger = pino({ level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] });
  const warehouse = await openStore(config.warehouse, logger, closing);
  const server = await createServer({
    warehouse,
    logger,
    staleAfterMinutes: config.staleAfterMinutes,
    buildCheckSeconds: config.buildCheckSeconds,
    pageFolder: join(root, 'dist/web'),
    now: () => new Date(),
  });
  closing.add(() => server.close());
  onStopSignals(
    (signal) => {
      say(`${signal}: finishing what is under way`);
      void closing.close();
    },
    () => process.exit(1),
  );
  if (closing.hasBegun) return;
  try {
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, config);
  }
  const address = server.listeningOrigin;
  say(`GraphiQL  ${address}/graphiql/`);
  say(`GraphQL   ${address}/graphql`);
  say('There is no authentication: only this machine is served. Ctrl-C stops.');
}

const closing = new Closing(fail);
main(closing).catch(async (error: unknown) => {
  fail(error);
  await closing.close();
});
