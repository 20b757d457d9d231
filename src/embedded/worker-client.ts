import { Worker } from 'node:worker_threads';
import { reasonOf } from './embedded-error.ts';
import type { NumberedRequest, QueryAnswer, ServingOptions, WorkerAnswer, WorkerRequest } from './worker-protocol.ts';

/** An error of the database, with PostgreSQL's code if it has one. */
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

/** The main thread's side of worker.ts. If the thread ends, all pending requests are rejected. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: Promise<void>;
  #nextId = 1;
  #dead: Error | null = null;
  #closing = false;

  /**
   * @param name the name of the database.
   * @param onDeath called if the thread ends without having been closed.
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

  /** @param copyOf the folder of a database to fill an empty folder with; null to open what is there, or create a database. */
  open(folder: string, copyOf: string | null): Promise<void> {
    return this.#request({ kind: 'open', folder, copyOf }).then(() => undefined);
  }

  /** Runs one or more statements without parameters, and returns the last one's rows. */
  async query(sql: string): Promise<QueryAnswer> {
    return (await this.#request({ kind: 'query', sql })) ?? { rows: [], rowCount: 0 };
  }

  /**
   * Copies rows in COPY's text format and returns their number. The bytes are transferred and can't be used afterwards.
   */
  async copy(target: string, text: Uint8Array<ArrayBuffer>): Promise<number> {
    return (await this.#request({ kind: 'copy', target, text }, [text.buffer]))?.rowCount ?? 0;
  }

  listen(path: string, options: ServingOptions): Promise<void> {
    return this.#request({ kind: 'listen', path, options }).then(() => undefined);
  }

  /**
   * Closes the database and ends the thread. If a query still runs after `closingMilliseconds`, the thread is
   * terminated; the next start then runs a recovery.
   */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = this.#dead === null ? this.#request({ kind: 'close' }).catch(() => undefined) : undefined;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closingMilliseconds);
    });
    await Promise.race([closed, timeout]);
    clearTimeout(timer);
    await this.terminate();
  }

  /** Terminates the thread immediately. The database recovers at the next start. */
  async terminate(): Promise<void> {
    this.#closing = true;
    await this.#worker.terminate();
    await this.#gone;
  }

  #request(request: WorkerRequest, transfer: ArrayBuffer[] = []): Promise<QueryAnswer | null> {
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
