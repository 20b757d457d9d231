import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LocalError } from '../../local/errors.ts';
import type { PostgresConnection } from '../../local/postgres/server.ts';
import { authVariables } from '../../src/config/auth.ts';
import type { AdsuiteApi } from './adsuite.ts';
import type { Closing } from './closing.ts';

const root = join(import.meta.dirname, '../..');
const stopMilliseconds = 30_000;

export interface ServiceOptions {
  readonly login: PostgresConnection;
  readonly adsuite: AdsuiteApi;
  readonly port: number;
  readonly dataDir: string;
  /** The file of API keys. Null: no authentication, whatever the environment says, as the stack's commands send no key. */
  readonly keysFile: string | null;
  readonly report: (line: string) => void;
  /** Called with the process id, before the service listens. */
  readonly onSpawn: (pid: number | null) => void;
  /** Called with the reason if the service ends without being stopped. */
  readonly onEnd: (reason: string) => void;
}

/** Starts the built service on the warehouse and reports its output. Returns its address once it listens. */
export async function startService(options: ServiceOptions, closing: Closing): Promise<string> {
  const { user, password, host, port, database } = options.login;
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'exit-with-parent.ts'), join(root, 'dist/main.js')],
    {
      // In a separate process group, Ctrl-C reaches only the stack, which stops its parts in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        ...process.env,
        ...Object.fromEntries(Object.keys(authVariables).map((name) => [name, ''])),
        API_KEYS_FILE: options.keysFile ?? '',
        WAREHOUSE_URL: `postgres://${user}@${host}:${port}/${database}`,
        WAREHOUSE_PASSWORD: password,
        WAREHOUSE_CA: '',
        ...options.adsuite,
        WAREHOUSE_CSV: '',
        HOST: '127.0.0.1',
        PORT: String(options.port),
        DATA_DIR: options.dataDir,
      },
    },
  );
  options.onSpawn(child.pid ?? null);
  const state = { isListening: false, isStopping: false };
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
  });
  await closing.opened(async () => {
    state.isStopping = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
    await ended;
    clearTimeout(timer);
  });
  const address = new Promise<string>((resolve) => {
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      options.report(line);
      const origin = /^GraphQL +(\S+)\/graphql$/.exec(line)?.[1];
      // After the lines that arrived with this one.
      if (origin !== undefined) setImmediate(() => resolve(origin));
    });
  });
  const failure = ended.then((reason) => {
    if (state.isListening && !state.isStopping) options.onEnd(`The service has stopped: ${reason}`);
    throw new LocalError(`The service did not start: ${reason}`);
  });
  failure.catch(() => undefined);
  const origin = await Promise.race([address, failure]);
  state.isListening = true;
  return origin;
}
