import { maxAdsuiteIds } from '../../domain/adsuite-limits.ts';
import { compareIds } from '../../domain/ids.ts';
import type { AdsuiteClient } from '../adsuite/client.ts';
import type { ReadBackPage, ReadBackQuery } from '../adsuite/read-back.ts';
import { AdsuiteUnavailable, DriftNotOffered } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { HeldMetrics } from './drift.ts';

const attempts = 4;
/** Wait after the first failure; it grows linearly. */
const waitMilliseconds = 1_000;
/** A caller waits for the answer, so a longer Retry-After is reported at once. */
const longestWait = 10_000;

/**
 * Reads what AdSuite has, page by page, in the numeric order of ids. A failed page is retried a few times.
 *
 * @param iterationIds only these; null: all.
 * @throws {DriftNotOffered} if AdSuite can't be read back.
 * @throws {AdsuiteUnavailable} if it does not answer, or its pages are not in order.
 */
export async function* readAllBack(
  client: Pick<AdsuiteClient, 'readBack'>,
  iterationIds: readonly string[] | null,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): AsyncGenerator<readonly HeldMetrics[], void, undefined> {
  for (const ids of iterationIds === null ? [null] : inChunks(iterationIds)) {
    let cursor: string | null = null;
    let last: string | null = null;
    const cursors = new Set<string>();
    do {
      const page: ReadBackPage = await readPage(client, { iterationIds: ids, cursor }, clock, signal);
      // Within a page the order makes no difference.
      const metrics = page.metrics.toSorted((a, b) => compareIds(a.iterationId, b.iterationId));
      for (const { iterationId } of metrics) {
        const order = last === null ? -1 : compareIds(last, iterationId);
        if (order === 0) throw new AdsuiteUnavailable(`it lists iteration ${iterationId} twice`);
        if (order > 0) throw new AdsuiteUnavailable(`it lists iteration ${iterationId} on a page after ${last}`);
        last = iterationId;
      }
      // An AdSuite whose pages lead in a circle would be read for ever.
      if (page.nextCursor !== null && cursors.has(page.nextCursor)) {
        throw new AdsuiteUnavailable('its cursors lead back to an earlier page');
      }
      if (page.nextCursor !== null) cursors.add(page.nextCursor);
      yield metrics.map(({ iterationId, strategyId, version, ...values }) => ({
        ...{ iterationId, strategyId, version },
        values,
      }));
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}

function inChunks(iterationIds: readonly string[]): string[][] {
  const sorted = [...new Set(iterationIds)].sort(compareIds);
  return Array.from({ length: Math.ceil(sorted.length / maxAdsuiteIds) }, (_, index) =>
    sorted.slice(index * maxAdsuiteIds, (index + 1) * maxAdsuiteIds),
  );
}

async function readPage(
  client: Pick<AdsuiteClient, 'readBack'>,
  query: ReadBackQuery,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<ReadBackPage> {
  let reason = 'this service is stopping';
  for (let attempt = 1; attempt <= attempts && !signal.aborted; attempt += 1) {
    const read = await client.readBack(query, signal);
    if (read.kind === 'page') return read;
    if (read.kind === 'not offered') throw new DriftNotOffered();
    reason = read.reason;
    if (read.kind === 'fatal') break;
    const wait = Math.max(waitMilliseconds * attempt, read.retryAfterMilliseconds ?? 0);
    if (wait > longestWait) {
      reason = `${reason}; its Retry-After is ${Math.ceil(wait / 1000)} s`;
      break;
    }
    if (attempt < attempts) await clock.sleep(wait, signal);
  }
  throw new AdsuiteUnavailable(reason);
}
