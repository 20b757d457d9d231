import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreFaultKind } from '../store-faults.ts';
import type { QueryName } from './query-timeouts.ts';

/**
 * Milliseconds before each further attempt to read a table that does not exist. On Redshift dbt replaces a table by two
 * statements (dbt-adapters#2162), so for a moment no table has its name.
 */
const missingTableDelays: readonly number[] = [100, 300, 900];

export interface RetryOptions {
  readonly kindOf: (error: unknown) => StoreFaultKind;
  /** No further attempt is made once it returns true. */
  readonly isClosed: () => boolean;
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** Runs a query, and again after faults that pass. */
export type Retry = <Row>(name: QueryName, send: () => Promise<Row[]>, isPublished?: boolean) => Promise<Row[]>;

/**
 * Queries only read, so they are safe to repeat:
 * - once, after a connection that died in the pool, or a table that was replaced during the statement
 * - several times, if a table does not exist, although this process has read a build. A query that never finds its table
 *   (dbt models older than this service) waits in vain only the first time. Published tables are not replaced: one that
 *   does not exist has been dropped.
 */
export function retries({ kindOf, isClosed, wait = sleep }: RetryOptions): Retry {
  let hasReadBuild = false;
  const missing = new Set<QueryName>();

  return async (name, send, isPublished = false) => {
    let isRepeated = false;
    let waits = 0;
    // Decided once: another call that gives up meanwhile must not end the waits of this one.
    const mayWait = !isPublished && !missing.has(name);
    for (;;) {
      try {
        const rows = await send();
        hasReadBuild ||= name === 'builds.latest' && rows.length > 0;
        missing.delete(name);
        return rows;
      } catch (error) {
        const kind = kindOf(error);
        const isReplaced = kind === 'missing' && hasReadBuild && mayWait;
        const delay = missingTableDelays[waits];
        if ((kind === 'lost' || kind === 'moved') && !isRepeated) {
          isRepeated = true;
        } else if (isReplaced && delay !== undefined) {
          waits += 1;
          await wait(delay);
        } else {
          if (isReplaced) missing.add(name);
          throw error;
        }
        if (isClosed()) throw error;
      }
    }
  };
}
