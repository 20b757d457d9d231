import { Semaphore } from 'async-mutex';
import type pg from 'pg';
import { untilAborted } from '../../abort.ts';
import { connectTimeout } from '../timeout.ts';
import type { PoolOptions } from './pool.ts';
import { isLight, type QueryName } from './query-timeouts.ts';

/** A connection in use. */
export interface Connection {
  readonly client: pg.PoolClient;
  /** @param destroy whether the connection is unusable. */
  readonly release: (destroy: boolean) => void;
}

export interface ConnectionQueue {
  /** Waits for a connection for a query. Rejects with the signal's reason once it is aborted. */
  connect(name: QueryName, signal: AbortSignal | undefined): Promise<Connection>;
  /** Heavy queries that wait for their turn, and have not asked the pool yet. */
  readonly waiting: number;
}

/** Connections that only light queries use, so that none of them waits for a heavy one: a quarter, at least one. */
const forLight = (maxConnections: number): number => Math.max(1, Math.floor(maxConnections / 4));

/**
 * Gives out a pool's connections: heavy queries use all but those for light ones, in the order in which they came. With one
 * connection, both use it.
 *
 * @param connect takes a connection of the pool.
 */
export function connectionsInTurn(
  connect: () => Promise<pg.PoolClient>,
  { maxConnections, waitMilliseconds }: Pick<PoolOptions, 'maxConnections' | 'waitMilliseconds'>,
): ConnectionQueue {
  const heavy = new Semaphore(Math.max(1, maxConnections - forLight(maxConnections)));
  let waiting = 0;

  const waitForTurn = async (name: QueryName, signal: AbortSignal | undefined): Promise<() => void> => {
    if (isLight(name)) return () => {};
    const turn = heavy.acquire().then(([, leave]) => leave);
    waiting += 1;
    try {
      return await untilTurn(turn, waitMilliseconds, signal);
    } finally {
      waiting -= 1;
    }
  };

  const connectInTurn: ConnectionQueue['connect'] = async (name, signal) => {
    signal?.throwIfAborted();
    const leave = await waitForTurn(name, signal);
    try {
      const client = await untilAborted(connect(), signal, (late) => late.release());
      return {
        client,
        release: (destroy) => {
          leave();
          client.release(destroy);
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  };
  return {
    connect: connectInTurn,
    get waiting() {
      return waiting;
    },
  };
}

/**
 * Waits for a turn, with a time limit. Of each heavy query, so without a signal for both ends of the wait, which takes as long as
 * the rest of a small query.
 *
 * @param turn leaves the place if it comes too late.
 */
function untilTurn(
  turn: Promise<() => void>,
  milliseconds: number,
  signal: AbortSignal | undefined,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const end = () => {
      isOver = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const abort = () => {
      end();
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      end();
      reject(connectTimeout());
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
    void turn.then((leave) => {
      if (isOver) return leave();
      end();
      return resolve(leave);
    });
  });
}
