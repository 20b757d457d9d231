import './config/node-env.ts';
import './start/compile-cache.ts';
import 'reflect-metadata';
import { join } from 'node:path';
import { pino } from 'pino';
import { ConfigError, configFromProcess } from './config/index.ts';
import { EmbeddedStoreError } from './embedded/embedded-error.ts';
import { helpFor } from './start/arguments.ts';
import { startAuthentication } from './start/authentication.ts';
import { Closing } from './start/closing.ts';
import { startDocuments } from './start/documents.ts';
import { checkPort, listenError, StartError } from './start/listen.ts';
import { inAllThreads, startPushing } from './start/pushing.ts';
import { onStopSignals } from './start/signals.ts';
import { fillAtStart, startSnapshots } from './start/snapshots.ts';
import type { Start } from './start/start.ts';
import { startTelemetry } from './start/telemetry.ts';
import { startWarehouse } from './start/warehouse.ts';

/** The project's root: this file runs as dist/main.js. */
const root = join(import.meta.dirname, '..');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Reports an error, and makes the process exit with 1. Expected errors have no stack trace. */
function fail(error: unknown): void {
  const expected = [ConfigError, EmbeddedStoreError, StartError].some((kind) => error instanceof kind);
  process.stderr.write(`${expected || !(error instanceof Error) ? messageOf(error) : error.stack}\n`);
  process.exitCode = 1;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function main(closing: Closing): Promise<void> {
  const help = helpFor(process.argv.slice(2));
  if (help !== null) return say(help);
  const config = configFromProcess();
  await checkPort(config.http);
  // pg adds the client of a lost connection to the error, with the key that cancels its statements.
  const redact = ['req.headers.authorization', 'req.headers.cookie', 'err.client'];
  const logger = pino({ level: config.logLevel, redact });
  const onFailure = (error: unknown) => {
    fail(error);
    void closing.close();
  };
  const telemetry = await startTelemetry(config.telemetry.traces, { logger, closing });
  const start: Start = { root, logger, telemetry, closing, say, onFailure };
  const credentials = startAuthentication(config.auth, start);
  const documents = await startDocuments(config.documentsFolder, start);
  // The server's modules are loaded while the thread of an embedded warehouse opens it. They take most of the time of a start.
  const [{ warehouse, target }, { createServer }] = await Promise.all([
    startWarehouse(config.warehouse, start),
    import('./server.ts'),
  ]);
  const { pushing, ledger, ledgerStatus } = await startPushing(config, target, start);
  const snapshots = startSnapshots(warehouse, config.warehouse.limits.snapshotMegabytes, start);
  const server = await createServer({
    warehouse,
    snapshots,
    push: pushing,
    ledger: ledger.reads,
    savedQueries: ledger.savedQueries,
    ledgerStatus,
    warehousePools: () => inAllThreads([...warehouse.pools(), ...pushing.pools('warehouse')]),
    telemetry,
    readyCheckSeconds: config.telemetry.readyCheckSeconds,
    logger,
    http: config.http,
    credentials,
    documents,
    limits: config.limits,
    keptAnswerBytes: config.keptAnswerBytes,
    staleAfterMinutes: config.staleAfterMinutes,
    buildCheckSeconds: config.buildCheckSeconds,
    pageFolder: join(root, 'dist/web'),
    now: () => new Date(),
  });
  closing.add(() => {
    // Otherwise requests that wait for a push would hold up the server's end, and be cut off.
    pushing.stopWaiting();
    return server.close();
  });
  onStopSignals(
    (signal) => {
      say(`${signal}: finishing requests in progress`);
      telemetry.drain();
      // A terminal's Ctrl-C has no load balancer to wait for.
      const delay = signal === 'SIGTERM' ? config.http.shutdownDelaySeconds * 1000 : 0;
      setTimeout(() => void closing.close(), delay);
    },
    () => process.exit(1),
  );
  if (closing.hasBegun) return;
  try {
    await server.listen({ host: config.http.host, port: config.http.port });
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, config.http);
  }
  void fillAtStart(warehouse, snapshots);
  // Clients can't use a wildcard address.
  const address = server.listeningOrigin.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//localhost:');
  say(`GraphiQL  ${address}/graphiql/`);
  say(`GraphQL   ${address}/graphql`);
  say(
    credentials
      ? 'Callers need an API key or a token (docs/security.md). Press Ctrl-C to stop.'
      : 'There is no authentication, so only this machine is served. Press Ctrl-C to stop.',
  );
}

// The reader of the output may be gone (a closed terminal or pipe). The service continues.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const closing = new Closing(fail);
main(closing).catch(async (error: unknown) => {
  fail(error);
  await closing.close();
});
