import { Worker } from 'node:worker_threads';
import { reasonOf } from './embedded-error.ts';
import type { NumberedRequest, QueryAnswer, ServingOptions, WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

/** An error of the database itself, with PostgreSQL's code where it has one. */
export class EmbeddedQueryError extends Error {
  override readonly name = 'EmbeddedQueryError';
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.code = code;
  }
}

const closingMilliseconds = 10_000;

interface Waiting {
  resolve(value: QueryAnswer | null): void;
  reject(error: Error): void;
}

/** The main thread's side of worker.ts. When the thread dies, everything asked of it is rejected: nothing hangs. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: Promise<void>;
  #nextId = 1;
  #dead: Error | null = null;
  #closing = false;

  /**
   * @param name what the database is called.
   * @param onDeath told when the thread ends although nobody closed it.
   */
  constructor(name: string, onDeath: (error: Error) => void) {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.#worker = new Worker(new URL(file, import.meta.url), { name: `embedded-${name}`, workerData: name });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#die(error));
    this.#gone = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        this.#die(new Error(`the database's thread ended (${code})`));
        resolve();
      });
    });
    this.#gone.then(() => {
      if (!this.#closing) onDeath(this.#dead ?? new Error('the database stopped'));
    });
  }

  open(folder: string): Promise<void> {
    return this.#ask({ kind: 'open', folder }).then(() => undefined);
  }

  /** Runs one statement, or several without parameters; answers the last one's rows. */
  async query(sql: string): Promise<QueryAnswer> {
    return (await this.#ask({ kind: 'query', sql })) ?? { rows: [], rowCount: 0 };
  }

  /** Copies rows in COPY's text format and answers how many. The bytes are handed over: don't use them afterwards. */
  async copy(target: string, text: Uint8Array<ArrayBuffer>): Promise<number> {
    return (await this.#ask({ kind: 'copy', target, text }, [text.buffer]))?.rowCount ?? 0;
  }

  listen(path: string, options: ServingOptions): Promise<void> {
    return this.#ask({ kind: 'listen', path, options }).then(() => undefined);
  }

  /**
   * Closes the database in order and ends the thread: by force where a query still runs after some seconds, which
   * costs the next start a recovery and nothing else.
   */
  async close(): Promise<void> {
    this.#closing = true;
    const inOrder = this.#dead === null ? this.#ask({ kind: 'close' }).catch(() => undefined) : undefined;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closingMilliseconds);
    });
    await Promise.race([inOrder, patience]);
    clearTimeout(timer);
    await this.terminate();
  }

  /** Ends the thread at once, whatever it is doing: the database recovers at the next start. */
  async terminate(): Promise<void> {
    this.#closing = true;
    await this.#worker.terminate();
    await this.#gone;
  }

  #ask(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<QueryAnswer | null> {
    if (this.#dead !== null) return Promise.reject(this.#dead);
    const numbered: NumberedRequest = { id: this.#nextId++, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(numbered.id, { resolve, reject });
      this.#worker.postMessage(numbered, transfer);
    });
  }

  #settle(answer: WorkerAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new EmbeddedQueryError(answer.message, answer.code));
  }

  #die(error: unknown): void {
    this.#dead ??= error instanceof Error ? error : new Error(reasonOf(error));
    for (const waiting of this.#waiting.values()) waiting.reject(this.#dead);
    this.#waiting.clear();
  }
}
