import 'reflect-metadata';
import { createServer as createProbe } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Config, ConfigError, configFromProcess } from './config.ts';
import { openWarehouse } from './db/warehouse/connect.ts';
import { EmbeddedWarehouseError, openEmbeddedWarehouse } from './embedded/index.ts';
import { createServer } from './server.ts';

/** The project's root: this file runs as dist/main.js. */
const root = join(import.meta.dirname, '..');

/** As many as the embedded warehouse answers side by side with profit. */
const maxConnections = 4;

/** What a person has to mend: told without a stack. */
class StartError extends Error {}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Finds out before the long work of loading, not after it, that nobody could be served. */
async function checkPort({ host, port }: Config): Promise<void> {
  const probe = createProbe();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} on ${host} is in use by another process. Stop it, or choose another: PORT=4001`,
    );
  }
  if (error.code === 'EACCES')
    return new StartError(`This user may not listen on port ${port}. Choose one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL') return new StartError(`This machine has no address ${host}. See HOST.`);
  return error;
}

/** Ends what was opened, last opened first; each part is closed even if another fails. */
class Closing {
  readonly #parts: (() => Promise<void>)[] = [];
  #closed: Promise<void> | undefined;

  /** Whether the end has begun: nothing more may be started then. */
  get hasBegun(): boolean {
    return this.#closed !== undefined;
  }

  add(part: () => Promise<void>): void {
    this.#parts.unshift(part);
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    for (let part = this.#parts.shift(); part; part = this.#parts.shift()) {
      try {
        await part();
      } catch (error) {
        fail(error);
      }
    }
  }
}

/** Tells what went wrong, and that the process must not end with 0. */
function fail(error: unknown): void {
  const expected =
    error instanceof ConfigError || error instanceof EmbeddedWarehouseError || error instanceof StartError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}

async function main(closing: Closing): Promise<void> {
  const config = configFromProcess();
  await checkPort(config);
  const logger = pino({ level: config.logLevel, redact: ['req.headers.authorization', 'req.headers.cookie'] });
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
  const warehouse = openWarehouse({
    connection: embedded.connection,
    maxConnections,
    onConnectionLost: (error) => logger.warn({ err: error }, 'a connection to the warehouse was lost'),
  });
  closing.add(() => warehouse.close());
  const server = await createServer({
    warehouse,
    logger,
    staleAfterMinutes: config.staleAfterMinutes,
    pageFolder: join(root, 'dist/web'),
    now: () => new Date(),
  });
  closing.add(() => server.close());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // A second one finds no handler and ends the process at once.
    process.once(signal, () => {
      say(`${signal}: finishing what is under way`);
      void closing.close();
    });
  }
  if (closing.hasBegun) return;
  try {
    await server.listen({ host: config.host, port: config.port });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, config.host, config.port);
  }
  const address = server.listeningOrigin;
  say(`GraphiQL  ${address}/graphiql/`);
  say(`GraphQL   ${address}/graphql`);
  say('There is no authentication: only this machine is served. Ctrl-C stops.');
}

const closing = new Closing();
main(closing).catch(async (error: unknown) => {
  fail(error);
  await closing.close();
});
