import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { endingWithParent, notStarted } from './end-with-parent.ts';
import { LocalError } from './errors.ts';

export interface ProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Gets each line of standard output and standard error as it is written. */
  readonly onLine?: (line: string) => void;
  /** Ends the program with SIGTERM. */
  readonly signal?: AbortSignal;
}

export interface ProgramResult {
  readonly code: number | null;
  /** The lines of standard output and standard error, each in its order. */
  readonly output: string;
}

/**
 * Runs a program to its end. It gets no input, and SIGTERM if this process ends.
 *
 * @throws {LocalError} if the program can't be started
 */
export async function runProgram(
  program: string,
  words: readonly string[],
  { env, cwd, onLine, signal }: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(...endingWithParent(program, words), { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  const stop = () => child.stdin.destroy();
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      lines.push(line);
      onLine?.(line);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new LocalError(`${program} can't be started: ${error.message}`)));
    child.once('close', resolve);
  }).finally(() => signal?.removeEventListener('abort', stop));
  const output = lines.join('\n');
  if (notStarted.includes(code)) throw new LocalError(`${program} can't be started: ${output}`);
  return { code, output };
}
