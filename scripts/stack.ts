/**
 * Runs everything that production runs on this machine: AdSuite's database, the warehouse with a federated mirror, the
 * attribution, the service. Ctrl-C stops it; the next start continues. See docs/stack.md.
 *
 *   npm run stack
 *   npm run stack -- --help
 */
import { relative } from 'node:path';
import { LocalError, reasonOf } from '../local/errors.ts';
import { EmbeddedStoreError } from '../src/embedded/embedded-error.ts';
import { onStopSignals } from '../src/start/signals.ts';
import { startAirflow } from './stack/airflow.ts';
import { Closing, Interrupted } from './stack/closing.ts';
import { readFlags, usage } from './stack/command-line.ts';
import { readSettings } from './stack/settings.ts';
import { type Stack, startStack } from './stack/start.ts';

const report = (line: string) => process.stdout.write(`${line}\n`);

function fail(error: unknown): void {
  const isExpected = error instanceof LocalError || error instanceof EmbeddedStoreError;
  process.stderr.write(`${isExpected || !(error instanceof Error) ? reasonOf(error) : error.stack}\n`);
  process.exitCode = 1;
}

function printUsage({ logins, passwords }: Stack, seconds: string): void {
  const path = relative(process.cwd(), passwords.file);
  const file = path.startsWith('..') ? passwords.file : path;
  const psql = (user: 'postgres' | 'adsuite', database: 'adsuite' | 'warehouse') =>
    `PGPASSFILE=${file} psql -h 127.0.0.1 -p ${logins.ports[database]} -U ${user} ${database}`;
  report(`AdSuite   ${psql('adsuite', 'adsuite')}`);
  report(`Warehouse ${psql('postgres', 'warehouse')}`);
  const dataDir = process.env.DATA_DIR?.trim();
  const settings = dataDir ? `DATA_DIR=${dataDir} ` : '';
  report(
    `Everything is up after ${seconds} s. In another terminal, ${settings}npm run stack:move shows how data move, and`,
  );
  report(`${settings}npm run stack:pipeline refreshes and attributes your own changes. Ctrl-C stops everything.`);
}

// A closed terminal takes no more output; that must not interrupt the shutdown.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const closing = new Closing(fail);
onStopSignals(
  (signal) => {
    report(`${signal}: stopping the service, the warehouse, AdSuite's database`);
    void closing.close();
  },
  () => {
    report('Exiting without waiting; the next start stops what is still running');
    process.exit(1);
  },
);

const started = performance.now();
try {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) {
    report(usage);
    process.exit(0);
  }
  const onEnd = (reason: string) => {
    fail(new LocalError(reason));
    void closing.close();
  };
  const settings = readSettings(process.env, flags);
  const stack = await startStack({ settings, runner: flags.dbt ? 'dbt' : 'embedded', closing, report, onEnd });
  const { folder, airflowPort: port } = settings;
  if (port !== null) await startAirflow({ stack, folder, port, closing, report, onEnd });
  printUsage(stack, ((performance.now() - started) / 1000).toFixed(1));
} catch (error) {
  // Once closing has begun, errors of the start are its consequence.
  fail(closing.hasBegun ? new Interrupted() : error);
  await closing.close();
}
