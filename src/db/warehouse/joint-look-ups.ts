import { SharedWork, untilAborted } from '../../abort.ts';
import type { PoolOptions } from './pool.ts';

/** Keys of a joint statement. A look-up of more is a statement of its own, so that others need not wait for so many rows. */
const maxJointKeys = 100;

/** How long a look-up waits at most, in milliseconds, for each statement that is running, except the first. */
const millisecondsPerStatement = 5;

/** The part of the longest wait for a connection that look-ups wait for each other while all are busy, before they wait for one. */
const waitShare = 0.1;

/** Sends a statement for all of the keys. The signal ends it. */
type SendJoint<Found> = (keys: readonly string[], signal: AbortSignal) => Promise<Found>;

/** Look-ups that share a statement. */
interface Batch<Found> {
  readonly keys: Set<string>;
  readonly work: SharedWork<Found>;
  readonly result: Promise<Found>;
  /** Sends the statement. */
  readonly send: () => void;
  /** When the first look-up came. */
  readonly since: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Keys that can share a statement: short texts of printable ASCII. Others could make it fail, or slow, for all of its requests.
 * A key with blanks at its end does not share one either: it also finds the rows of the key without them, see `isStoredTextIn`.
 */
const jointKey = /^[ -~]{0,255}[!-~]$/;

/** Whether these keys may be looked up together with those of others. */
export const canJoin = (keys: readonly string[]): boolean =>
  keys.length <= maxJointKeys && keys.every((key) => jointKey.test(key));

/** The number of connections, and how long a query waits for one. */
type Limits = Pick<PoolOptions, 'maxConnections' | 'waitMilliseconds'>;

/**
 * Looks up rows by key for several requests in one statement: for Redshift, a small statement costs as much as one of a hundred
 * keys, and few statements can run at a time.
 *
 * While at most one statement is running, a look-up is sent at once, together with others of the same turn of the event loop.
 * While more are running, it waits until one of them ends, and others join it. It waits only a few milliseconds, unless all
 * connections are busy: then it would wait for a connection anyway. It never joins a statement that has been sent: that one may
 * read older data than the request may see.
 */
export class JointLookUps<Found> {
  readonly #limits: Limits;
  readonly #send: SendJoint<Found>;
  readonly #onIdle: () => void;
  #running = 0;
  #waiting: Batch<Found> | null = null;

  /** @param onIdle called when nothing is running or waiting any more. */
  constructor(limits: Limits, send: SendJoint<Found>, onIdle: () => void) {
    this.#limits = limits;
    this.#send = send;
    this.#onIdle = onIdle;
  }

  /**
   * Looks up keys.
   *
   * @param signal of the request. The statement is cancelled when the last request has left.
   * @returns what the statement has found for all of its keys.
   * @throws the error of the statement, or the reason of the signal.
   */
  find(keys: readonly string[], signal: AbortSignal): Promise<Found> {
    if (this.#waiting && this.#waiting.keys.size + keys.length > maxJointKeys) this.#begin(this.#waiting);
    const batch = this.#waiting ?? this.#gather();
    for (const key of keys) batch.keys.add(key);
    return batch.work.wait(batch.result, signal);
  }

  #gather(): Batch<Found> {
    const { promise: turn, resolve: send } = Promise.withResolvers<void>();
    const keys = new Set<string>();
    const work = new SharedWork<Found>(() => this.#leave(batch));
    const run = async () => {
      await untilAborted(turn, work.signal);
      return this.#send([...keys], work.signal);
    };
    const batch: Batch<Found> = { keys, work, result: run(), send, since: performance.now(), timer: undefined };
    this.#waiting = batch;
    setImmediate(() => this.#next());
    return batch;
  }

  /** Sends the look-ups that wait, or lets them wait longer. */
  #next(): void {
    const batch = this.#waiting;
    if (batch === null) return;
    clearTimeout(batch.timer);
    const { maxConnections, waitMilliseconds } = this.#limits;
    const isFree = this.#running < maxConnections;
    const wait = isFree ? millisecondsPerStatement * (this.#running - 1) : waitMilliseconds * waitShare;
    const left = batch.since + wait - performance.now();
    if (left <= 0) this.#begin(batch);
    else batch.timer = setTimeout(() => this.#next(), left);
  }

  #begin(batch: Batch<Found>): void {
    this.#running += 1;
    this.#leave(batch);
    const end = () => {
      this.#running -= 1;
      this.#next();
      this.#noticeIdle();
    };
    batch.result.then(end, end);
    batch.send();
  }

  /** No more look-ups join. */
  #leave(batch: Batch<Found>): void {
    if (this.#waiting !== batch) return;
    clearTimeout(batch.timer);
    this.#waiting = null;
    this.#noticeIdle();
  }

  #noticeIdle(): void {
    if (this.#running === 0 && this.#waiting === null) this.#onIdle();
  }
}
