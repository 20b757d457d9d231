import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { endingWithParent } from '../../local/end-with-parent.ts';
import { LocalError } from '../../local/errors.ts';

export interface Program {
  readonly name: string;
  /** Node's arguments: its flags, the file and the file's arguments. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Finds the address in the line that says that it listens. */
  readonly origin: (line: string) => string | null;
}

/** A server in a process of its own, which also ends with this one. */
export class ServerProcess {
  readonly origin: string;
  /** The process id of the shell that runs it. */
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, origin: string) {
    this.#child = child;
    this.origin = origin;
    this.pid = child.pid ?? 0;
  }

  /** @throws {LocalError} if it ends before it listens */
  static async start({ name, words, env, origin }: Program): Promise<ServerProcess> {
    const child = spawn(...endingWithParent(process.execPath, words), {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const address = await new Promise<string | null>((resolve) => {
      child.once('exit', () => resolve(null));
      createInterface(child.stdout).on('line', (line) => {
        const found = origin(line);
        if (found !== null) resolve(found);
      });
    });
    if (address === null) throw new LocalError(`The server ${name} did not start.`);
    return new ServerProcess(child, address);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await exited;
  }
}
