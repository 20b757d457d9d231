import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LocalError } from '../../local/errors.ts';

const root = join(import.meta.dirname, '../..');

/** The built service in a process of its own, with the demo data and the AdSuite sandbox. */
export interface DemoService {
  readonly origin: string;
  /** Its log and whatever else it has written until now. */
  output(): string;
  /** Null while it is running; how it ended else. */
  ending(): string | null;
  stop(): Promise<void>;
}

/** @throws {LocalError} if it ends before it listens */
export async function startDemoService(dataDir: string, keysFile: string): Promise<DemoService> {
  const child = spawn(process.execPath, [join(root, 'dist/main.js')], {
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, API_KEYS_FILE: keysFile, LOG_LEVEL: 'error' },
  });
  let output = '';
  let ending: string | null = null;
  const ended = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      ending = `it ended with ${code ?? signal}`;
      resolve();
    }),
  );
  const listening = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        output += `${line}\n`;
        const origin = /^GraphQL +(\S+)\/graphql$/.exec(line)?.[1];
        if (origin !== undefined) resolve(origin);
      });
    }
  });
  const origin = await Promise.race([listening, ended.then(() => null)]);
  if (origin === null) throw new LocalError(`The service did not start: ${ending}\n${output}`);
  return {
    origin,
    output: () => output,
    ending: () => ending,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
