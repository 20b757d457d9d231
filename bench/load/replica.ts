import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LocalError } from '../../local/errors.ts';
import { freePort } from '../../local/ports.ts';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** Node's flags of `npm start`. */
const flags: readonly string[] = scripts.start.split(' ').filter((word: string) => word.startsWith('--'));
const bytesPerPage = 4096;
const clockTicksPerSecond = 100;
const unreadMilliseconds = 250;

/** The built service in a separate process, at a fixed address. */
export class Replica {
  readonly name: string;
  readonly origin: string;
  /** The messages of its log at level error, oldest first. */
  readonly errors: string[] = [];
  /** How it ended, if not with 0 as after SIGTERM. */
  readonly endings: string[] = [];
  readonly #env: NodeJS.ProcessEnv;
  /** How often it was started. */
  starts = 0;
  #child: ChildProcess | null = null;
  /** The times between which it was stopped on purpose, on the clock of `performance.now()`. */
  readonly #stops: { readonly from: number; to: number }[] = [];

  private constructor(name: string, port: number, env: NodeJS.ProcessEnv) {
    this.name = name;
    this.origin = `http://127.0.0.1:${port}`;
    this.#env = { PATH: process.env.PATH, PORT: String(port), LOG_LEVEL: 'error', ...env };
  }

  /** @throws {LocalError} if it ends before it listens */
  static async start(name: string, env: NodeJS.ProcessEnv): Promise<Replica> {
    const replica = new Replica(name, await freePort(), env);
    await replica.#start();
    return replica;
  }

  get isStopped(): boolean {
    return this.#stops.at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  /**
   * Whether a request may have got no answer because the replica was stopped on purpose: it was sent while the replica was
   * stopped, or so shortly before SIGTERM that the busy process had not read it. Requests in progress must be answered.
   *
   * @param sentAt on the clock of `performance.now()`.
   */
  wasStopped(sentAt: number): boolean {
    return this.#stops.some(({ from, to }) => from - unreadMilliseconds <= sentAt && sentAt <= to);
  }

  /** Sends SIGTERM, and starts it again when it has ended. Returns the seconds that each took. */
  async restart(): Promise<{ stopping: number; starting: number }> {
    const stop = { from: performance.now(), to: Number.POSITIVE_INFINITY };
    this.#stops.push(stop);
    await this.stop();
    const ended = performance.now();
    await this.#start();
    stop.to = performance.now();
    return { stopping: (ended - stop.from) / 1000, starting: (stop.to - ended) / 1000 };
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }

  /** Its memory (RSS) in MB, as Linux counts it; null while it is stopped. */
  megabytes(): number | null {
    try {
      const [, pages] = readFileSync(`/proc/${this.#child?.pid}/statm`, 'utf8').split(' ');
      return Math.round((Number(pages) * bytesPerPage) / 1_048_576) || null;
    } catch {
      return null;
    }
  }

  /** Processor time that it has used, of all its threads, as Linux counts it. */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  }

  async #start(): Promise<void> {
    const child = spawn(process.execPath, [...flags, join(root, 'dist/main.js')], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.starts += 1;
    const listening = new Promise<boolean>((resolve) => {
      child.once('exit', () => resolve(false));
      createInterface(child.stdout).on('line', (line) => {
        if (line.startsWith('GraphQL ')) resolve(true);
        if (line.startsWith('{')) this.errors.push(describe(JSON.parse(line)));
      });
    });
    if (!(await listening)) throw new LocalError(`Replica ${this.name} did not start.`);
    child.once('exit', (code, signal) => {
      if (code !== 0) this.endings.push(`replica ${this.name} ended with ${code ?? signal}`);
    });
  }
}

interface LogLine {
  readonly msg: string;
  readonly fault?: string;
}

const describe = ({ msg, fault }: LogLine): string => (fault === undefined ? msg : `${msg}: ${fault}`);
