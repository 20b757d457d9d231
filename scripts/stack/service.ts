import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Closing } from './closing.ts';
import { StackError } from './errors.ts';
import type { Login } from './logins.ts';
import type { AdsuiteApi } from './sandbox.ts';

const root = join(import.meta.dirname, '../..');
const stopMilliseconds = 30_000;

export interface ServiceOptions {
  readonly login: Login;
  readonly adsuite: AdsuiteApi;
  readonly port: number;
  readonly dataDir: string;
  readonly report: (line: string) => void;
  /** Told the process id as soon as there is one. */
  readonly onSpawn: (pid: number | null) => void;
  /** Told the reason if the service ends without having been asked to. */
  readonly onEnd: (reason: string) => void;
}

/** Starts the built service on the warehouse, passes on what it says, and answers its address once it listens. */
export async function startService(options: ServiceOptions, closing: Closing): Promise<string> {
  const { user, password, host, port, database } = options.login;
  const child = spawn(
    process.execPath,
    ['--import', join(import.meta.dirname, 'follow-parent.ts'), join(root, 'dist/main.js')],
    {
      // A process group of its own: Ctrl-C in the terminal reaches the stack, which stops one after the other.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        ...process.env,
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
  const service = { asked: false, listening: false };
  const ending = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${code ?? signal}`));
  });
  await closing.opened(async () => {
    service.asked = true;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMilliseconds);
    await ending;
    clearTimeout(timer);
  });
  const address = new Promise<string>((resolve) => {
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (line) => {
      options.report(line);
      const origin = /^GraphQL +(\S+)\/graphql$/.exec(line)?.[1];
      // After the lines that came with this one.
      if (origin !== undefined) setImmediate(() => resolve(origin));
    });
  });
  const failure = ending.then((reason) => {
    if (service.listening && !service.asked) options.onEnd(`The service has stopped: ${reason}`);
    throw new StackError(`The service did not start: ${reason}`);
  });
  failure.catch(() => undefined);
  const origin = await Promise.race([address, failure]);
  service.listening = true;
  return origin;
}
