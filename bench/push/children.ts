import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const token = 'bench-token';

export interface Receiver {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts an empty AdSuite sandbox in a separate process. */
export async function startReceiver(): Promise<Receiver> {
  // It keeps every received row in memory.
  const flags = ['--max-old-space-size=6000', join(import.meta.dirname, 'receiver.ts'), token];
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const url of createInterface(child.stdout)) {
    const stop = () => {
      child.stdin.end();
      return exited;
    };
    return { url, stop };
  }
  throw new Error('the receiver did not start');
}

/** Runs a script in a separate process and waits for its end. */
export async function runScript(name: string, input: unknown): Promise<void> {
  const file = join(import.meta.dirname, name);
  const child = spawn(process.execPath, [file, JSON.stringify(input)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
}
