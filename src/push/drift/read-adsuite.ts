import { compareIds } from '../../domain/ids.ts';
import type { AdsuiteClient } from '../adsuite/client.ts';
import { AdsuiteUnavailable, DriftNotOffered } from '../errors.ts';
import type { Clock } from '../ports.ts';
import type { HeldMetrics } from './drift.ts';

/** AdSuite takes this many ids in one question. */
const idsPerQuestion = 100;
const attempts = 4;
const waitMilliseconds = 1_000;
/** A person waits for this: a longer Retry-After is reported at once. */
const longestWait = 10_000;

/**
 * Reads what AdSuite holds, page by page, in the order of ids as numbers. A page that fails is asked for again a few times.
 *
 * @param iterationIds only these; null: all.
 * @throws {DriftNotOffered} where AdSuite can't be read back.
 * @throws {AdsuiteUnavailable} where it does not answer.
 */
export async function* readAllBack(
  client: Pick<AdsuiteClient, 'readBack'>,
  iterationIds: readonly string[] | null,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): AsyncGenerator<readonly HeldMetrics[], void, undefined> {
  for (const ids of iterationIds === null ? [null] : questions(iterationIds)) {
    let cursor: string | null = null;
    do {
      const page = await readPage(client, { iterationIds: ids, cursor }, clock, signal);
      yield page.metrics.map(toHeld);
      cursor = page.nextCursor;
    } while (cursor !== null);
  }
}

function questions(iterationIds: readonly string[]): string[][] {
  const sorted = [...new Set(iterationIds)].sort(compareIds);
  return Array.from({ length: Math.ceil(sorted.length / idsPerQuestion) }, (_, index) =>
    sorted.slice(index * idsPerQuestion, (index + 1) * idsPerQuestion),
  );
}

type Query = Parameters<AdsuiteClient['readBack']>[0];
type ReadPage = Extract<Awaited<ReturnType<AdsuiteClient['readBack']>>, { kind: 'page' }>;

async function readPage(
  client: Pick<AdsuiteClient, 'readBack'>,
  query: Query,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<ReadPage> {
  let reason = 'this service is about to end';
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

const toHeld = ({ iterationId, strategyId, version, ...values }: ReadPage['metrics'][number]): HeldMetrics => ({
  iterationId,
  strategyId,
  version,
  values,
});
