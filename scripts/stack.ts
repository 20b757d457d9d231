/**
 * The whole shape of production on this machine: AdSuite's database, the warehouse with a federated mirror, the
 * attribution, the service. Ctrl-C stops it; the next start goes on where it was. See docs/stack.md.
 *
 *   npm run stack
 */
import { relative } from 'node:path';
import { LocalError, reasonOf } from '../local/errors.ts';
import { EmbeddedStoreError } from '../src/embedded/embedded-error.ts';
import { onStopSignals } from '../src/start/signals.ts';
import { ChangelogError } from './liquibase/index.ts';
import { Closing, Interrupted } from './stack/closing.ts';
import { StackError } from './stack/errors.ts';
import { readSettings } from './stack/settings.ts';
import { type Stack, startStack } from './stack/start.ts';

const report = (line: string) => process.stdout.write(`${line}\n`);

function fail(error: unknown): void {
  const expected = [LocalError, EmbeddedStoreError, ChangelogError].some((kind) => error instanceof kind);
  process.stderr.write(`${expected || !(error instanceof Error) ? reasonOf(error) : error.stack}\n`);
  process.exitCode = 1;
}

function tellHowToUse({ logins, secrets }: Stack, seconds: string): void {
  const path = relative(process.cwd(), secrets.file);
  const file = path.startsWith('..') ? secrets.file : path;
  const psql = (user: 'postgres' | 'adsuite', database: 'adsuite' | 'warehouse') =>
    `PGPASSFILE=${file} psql -h 127.0.0.1 -p ${logins.ports[database]} -U ${user} ${database}`;
  report(`AdSuite   ${psql('adsuite', 'adsuite')}`);
  report(`Warehouse ${psql('postgres', 'warehouse')}`);
  const dataDir = process.env.DATA_DIR?.trim();
  const settings = dataDir ? `DATA_DIR=${dataDir} ` : '';
  report(`Everything is up after ${seconds} s. In another terminal: ${settings}npm run stack:move shows data moving;`);
  report(
    `${settings}npm run stack:pipeline refreshes and attributes what you changed by hand. Ctrl-C stops everything.`,
  );
}

// A terminal that is closed takes nothing any more, and must not keep the rest from being stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const closing = new Closing(fail);
onStopSignals(
  (signal) => {
    report(`${signal}: stopping the service, the warehouse, AdSuite's database`);
    void closing.close();
  },
  () => {
    report('Left behind as it is; the next start clears up');
    process.exit(1);
  },
);

const begun = performance.now();
try {
  const onEnd = (reason: string) => {
    fail(new StackError(reason));
    void closing.close();
  };
  const stack = await startStack({ settings: readSettings(process.env), closing, report, onEnd });
  tellHowToUse(stack, ((performance.now() - begun) / 1000).toFixed(1));
} catch (error) {
  // What is under way when the servers are stopped breaks off; that it was stopped is the reason.
  fail(closing.hasBegun ? new Interrupted() : error);
  await closing.close();
}
