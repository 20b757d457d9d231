import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const token = 'the-token-of-the-bench';

export interface Receiver {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a receiver that holds nothing. */
export async function startReceiver(): Promise<Receiver> {
  // It keeps every row that it took, and every effect.
  const flags = ['--max-old-space-size=6000', join(import.meta.dirname, 'receiver.ts'), token];
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const url of createInterface(child.stdout)) {
    const stop = () => {
      child.stdin.end();
      return gone;
    };
    return { url, stop };
  }
  throw new Error('the receiver did not start');
}

/** Runs a script, whose output is this process's, to its end. `flags` are Node's. */
export async function runScript(name: string, input: unknown, flags: readonly string[]): Promise<void> {
  const file = join(import.meta.dirname, name);
  const child = spawn(process.execPath, [...flags, file, JSON.stringify(input)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (status !== 0) throw new Error(`${name} ended with ${status}`);
}
