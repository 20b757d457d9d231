import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { DialectName } from './dialects.ts';
import type { Mode, Source, Workload } from './workloads.ts';

/** Requests to send to one server. */
export interface Run {
  readonly origin: string;
  readonly dialect: DialectName;
  readonly headers: Readonly<Record<string, string>>;
  /** The server's own cursors of the source's positions, if it has cursors. */
  readonly cursors: readonly (string | null)[] | null;
  readonly workload: Workload;
  readonly mode: Mode;
  /** Connections, each with one request at a time. */
  readonly concurrency: number;
  readonly seconds: number;
  /** Number of the first request's variables. */
  readonly first: number;
}

export interface RunResult {
  /** In milliseconds, one for each request. */
  readonly latencies: readonly number[];
  readonly seconds: number;
  readonly failures: number;
  readonly bytes: number;
  /** The number of the next request's variables. */
  readonly next: number;
}

/** The load generator, in a process of its own. */
export class Generator {
  readonly #child: ChildProcess;

  constructor(source: Source) {
    this.#child = fork(join(import.meta.dirname, 'programs/generator.ts'), { execArgv: [] });
    this.#child.send({ source });
  }

  /** One run at a time. */
  async run(run: Run): Promise<RunResult> {
    const done = new AbortController();
    const { signal } = done;
    this.#child.send({ run });
    try {
      return await Promise.race([
        once(this.#child, 'message', { signal }).then(([result]) => result),
        once(this.#child, 'exit', { signal }).then(() => Promise.reject(new Error('The load generator ended.'))),
      ]);
    } finally {
      done.abort();
    }
  }

  close(): void {
    this.#child.kill();
  }
}
