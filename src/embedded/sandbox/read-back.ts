import { type HeldMetricsPage, Id } from '../../adsuite-contract.ts';
import { maxAdsuiteIds, maxAdsuiteRows } from '../../domain/adsuite-limits.ts';
import { compareIds } from '../../domain/ids.ts';
import { type Answer, refusal } from './answer.ts';
import type { MetricsStore } from './metrics-store.ts';

/** Answers a read request. A cursor names the last iteration of its page, so new rows do not shift others between pages. */
export function answerReadBack(parameters: URLSearchParams, store: MetricsStore): Answer {
  const bad = (message: string) => refusal(400, 'INVALID_REQUEST', message);
  const wanted = parameters.getAll('iterationId');
  if (wanted.length > maxAdsuiteIds) return bad(`iterationId may occur at most ${maxAdsuiteIds} times`);
  if (!wanted.every((text) => Id.safeParse(text).success)) {
    return bad('iterationId must be a 64-bit integer without leading zeros');
  }
  const limitText = parameters.get('limit') ?? '500';
  const limit = Number(limitText);
  if (!/^\d{1,4}$/.test(limitText) || limit < 1 || limit > maxAdsuiteRows)
    return bad(`limit must be from 1 to ${maxAdsuiteRows}`);
  const cursor = parameters.get('cursor');
  const after = cursor === null ? null : readCursor(cursor);
  if (cursor !== null && after === null) return bad('cursor is not from this server');

  const ids = wanted.length > 0 ? [...new Set(wanted)].filter((one) => store.held(one)).sort(compareIds) : store.ids();
  const start = after === null ? 0 : firstAfter(ids, after);
  const page = ids.slice(start, start + limit);
  const last = page.at(-1);
  const body: HeldMetricsPage = {
    metrics: page.flatMap((one) => store.held(one) ?? []),
    nextCursor: last !== undefined && start + limit < ids.length ? writeCursor(last) : null,
  };
  return { status: 200, body };
}

function writeCursor(iterationId: string): string {
  return Buffer.from(`after ${iterationId}`).toString('base64url');
}

function readCursor(cursor: string): string | null {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const after = text.startsWith('after ') ? text.slice(6) : '';
  return Id.safeParse(after).success && writeCursor(after) === cursor ? after : null;
}

/** Binary search: there may be very many ids. */
function firstAfter(ids: readonly string[], after: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(ids[middle] ?? after, after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
