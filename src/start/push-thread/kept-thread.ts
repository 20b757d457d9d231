import type { Worker } from 'node:worker_threads';
import { settlesWithin } from '../../db/timeout.ts';
import { ServiceStopping } from '../../limits/request-errors.ts';
import { PushInterrupted } from '../../push/errors.ts';
import type { ThreadCalls } from './messages.ts';
import { type Message, Remote, type Serve } from './remote.ts';

export interface KeptThreadOptions {
  readonly start: () => Worker;
  /** Performs calls of the thread. */
  readonly serve: Serve;
  /** Called when it has ended unexpectedly. It is started again after this time; null: it was being closed, so it is not. */
  readonly onDeath: (error: Error, restartMilliseconds: number | null) => void;
  /** Called when it does not close in time. It is terminated. */
  readonly onStuck: () => void;
  /** How long it may take to close. Default: 1 min. */
  readonly closeMilliseconds?: number;
}

/** The pause before it is started again doubles, until it has lived for the longest pause. */
const shortestPause = 1_000;
const longestPause = 60_000;

/** Longer than a stopping worker waits for requests in flight, and then for the ledger. */
const defaultCloseMilliseconds = 60_000;

interface Running {
  readonly worker: Worker;
  readonly remote: Remote<ThreadCalls>;
  readonly startedAt: number;
  /** Resolves when it has ended. */
  readonly gone: Promise<void>;
}

/** A thread that is started on first use, and again after it has ended unexpectedly. */
export class KeptThread {
  readonly #options: KeptThreadOptions;
  #running: Running | null = null;
  /** It has ended, and is not started again yet. */
  #restart: NodeJS.Timeout | null = null;
  /** When it is started again, in `performance.now()`. */
  #restartAt = 0;
  #pause = shortestPause;
  #isWaitingOver = false;
  #isClosed = false;
  /** It has closed, or is terminated because it does not close. */
  #isEndExpected = false;

  constructor(options: KeptThreadOptions) {
    this.#options = options;
  }

  /**
   * Calls a function of the thread, see `Remote.call`.
   *
   * @throws {PushInterrupted} if the thread ends before its answer, or is not started again yet.
   */
  async call<Name extends keyof ThreadCalls>(
    name: Name,
    args: Parameters<ThreadCalls[Name]>,
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<ThreadCalls[Name]>>> {
    return this.#use().remote.call(name, args, signal);
  }

  /** Starts delivery, see `OpenPushing.resume`. */
  resume(): void {
    if (this.#restart === null && !this.#isClosed) this.#use().remote.notify('resume', []);
  }

  /** Ends all waits, current and future. */
  stopWaiting(): void {
    this.#isWaitingOver = true;
    this.#running?.remote.notify('stopWaiting', []);
  }

  /** Waits until the thread has released its run and closed its connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#restart) clearTimeout(this.#restart);
    const running = this.#running;
    if (!running) return;
    // If it ends instead, there is nothing left to wait for.
    const closed = running.remote.call('close', []).catch(() => undefined);
    const { closeMilliseconds = defaultCloseMilliseconds } = this.#options;
    if (!(await settlesWithin(closed, closeMilliseconds))) this.#options.onStuck();
    this.#isEndExpected = true;
    await running.worker.terminate();
    await running.gone;
  }

  #use(): Running {
    if (this.#isClosed && !this.#running) throw new ServiceStopping();
    if (this.#restart !== null) throw new PushInterrupted(null, this.#secondsToRestart());
    this.#running ??= this.#start();
    return this.#running;
  }

  #start(): Running {
    const worker = this.#options.start();
    const remote = new Remote<ThreadCalls>((message) => worker.postMessage(message), this.#options.serve);
    worker.on('message', (message: Message) => remote.receive(message));
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    const gone = new Promise<void>((resolve) => {
      worker.on('exit', (code) => {
        const error = cause instanceof Error ? cause : new Error(`it ended with ${code}`, { cause });
        this.#ended(error);
        remote.end(
          this.#isClosed
            ? new ServiceStopping()
            : new PushInterrupted(null, this.#secondsToRestart(), { cause: error }),
        );
        resolve();
      });
    });
    if (this.#isWaitingOver) remote.notify('stopWaiting', []);
    return { worker, remote, startedAt: performance.now(), gone };
  }

  #ended(error: Error): void {
    const { startedAt = 0 } = this.#running ?? {};
    this.#running = null;
    if (this.#isClosed) {
      if (!this.#isEndExpected) this.#options.onDeath(error, null);
      return;
    }
    if (performance.now() - startedAt >= longestPause) this.#pause = shortestPause;
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, longestPause);
    this.#restartAt = performance.now() + pause;
    this.#options.onDeath(error, pause);
    this.#restart = setTimeout(() => {
      this.#restart = null;
      // It may have delivered a run, or another process has left one.
      this.resume();
    }, pause).unref();
  }

  #secondsToRestart(): number {
    return Math.max(1, Math.ceil((this.#restartAt - performance.now()) / 1000));
  }
}
