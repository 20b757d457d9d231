/**
 * Sends made-up operations to the service with Schemathesis, from a fixed seed: without a key, as a viewer and as an operator.
 * Fails if an answer is a 5xx other than 502, 503 and 504, has an undocumented or unexpected code, or is not GraphQL's, and if
 * the service ends or logs an unexpected error. Takes about a minute. Needs Python with venv; installs Schemathesis below
 * node_modules once.
 *
 *   npm run check:schemathesis [-- <examples per field>] [<seed>]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitWithReason, LocalError } from '../local/errors.ts';
import { pythonEnvironment } from '../local/python/environment.ts';
import { errorCodes } from '../src/errors.ts';
import { startDemoService } from './check-schemathesis/service.ts';
import { makeKey } from './keys/commands.ts';

const root = join(import.meta.dirname, '..');
const [examples = '25', seed = '20261128'] = process.argv.slice(2);

await check().catch(exitWithReason);

async function check(): Promise<void> {
  const environment = await pythonEnvironment('schemathesis', console.log);
  const folder = mkdtempSync(join(tmpdir(), 'check-schemathesis-'));
  const keysFile = join(folder, 'keys.json');
  const keyOf = (role: string) => makeKey(keysFile, role, { role }, new Date()).key;
  const callers = { 'without a key': null, 'as a viewer': keyOf('viewer'), 'as an operator': keyOf('operator') };
  const service = await startDemoService(join(folder, 'data'), keysFile);
  try {
    for (const [name, key] of Object.entries(callers)) {
      const started = performance.now();
      const { status, answers } = run(environment.program('st'), folder, service.origin, key);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`== ${name}: ${seconds} s, seed ${seed}`);
      for (const [answer, count] of Object.entries(answers)) console.log(`   ${count} × ${answer}`);
      if (service.ending() !== null) throw new LocalError(`The service died: ${service.ending()}\n${service.output()}`);
      if (status !== 0) throw new LocalError(`Schemathesis found faults ${name}; see above.`);
      const isAnswered = key === null ? '401 UNAUTHENTICATED' in answers : '200 OK' in answers;
      if (!isAnswered) throw new LocalError(`No operation was answered as expected ${name}.`);
    }
    if (/"level":(50|60)/.test(service.output()))
      throw new LocalError(`The service logged errors:\n${service.output()}`);
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs Schemathesis once; returns how it ended, and how often each status and code was answered. */
function run(program: string, folder: string, origin: string, key: string | null) {
  const answersFile = join(folder, 'answers.json');
  rmSync(answersFile, { force: true });
  const { status } = spawnSync(
    program,
    [
      ...['run', join(root, 'src/schema/schema.graphql'), '--url', `${origin}/graphql`],
      ...['--checks', 'documented_answer', '--max-examples', examples, '--seed', seed, '--workers', '1'],
      ...['--generation-database', 'none', '--request-timeout', '60', '--warnings', 'off', '--no-color'],
      ...['--suppress-health-check', 'all'],
      ...(key === null ? [] : ['--header', `Authorization: Bearer ${key}`]),
    ],
    {
      cwd: folder,
      stdio: 'inherit',
      env: {
        PATH: process.env.PATH,
        PYTHONPATH: join(import.meta.dirname, 'check-schemathesis'),
        SCHEMATHESIS_HOOKS: 'hooks',
        ERROR_CODES: Object.keys(errorCodes).join(','),
        ANSWERS_FILE: answersFile,
      },
    },
  );
  return { status, answers: JSON.parse(readFileSync(answersFile, 'utf8')) as Readonly<Record<string, number>> };
}
