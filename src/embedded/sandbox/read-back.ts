import type { HeldMetricsPage } from '../../adsuite-api.ts';
import { type Answer, refusal } from './answer.ts';
import { type Book, byNumber } from './book.ts';

const mostIds = 100;
const mostRows = 1000;
const id = /^-?(0|[1-9][0-9]{0,18})$/;

/** Answers a request to read back. A cursor names the last iteration of its page, so rows that come and go move no other. */
export function answerReadBack(parameters: URLSearchParams, book: Book): Answer {
  const bad = (message: string) => refusal(400, 'INVALID_REQUEST', message);
  const wanted = parameters.getAll('iterationId');
  if (wanted.length > mostIds) return bad(`iterationId may come at most ${mostIds} times`);
  if (!wanted.every((text) => id.test(text))) return bad('iterationId must be a whole number');
  const limitText = parameters.get('limit') ?? '500';
  const limit = Number(limitText);
  if (!/^\d{1,4}$/.test(limitText) || limit < 1 || limit > mostRows) return bad(`limit must be from 1 to ${mostRows}`);
  const cursor = parameters.get('cursor');
  const after = cursor === null ? null : readCursor(cursor);
  if (cursor !== null && after === null) return bad('cursor is none of this server');

  const ids = wanted.length > 0 ? [...new Set(wanted)].filter((one) => book.held(one)).sort(byNumber) : book.ids();
  const start = after === null ? 0 : firstAfter(ids, after);
  const page = ids.slice(start, start + limit);
  const last = page.at(-1);
  const body: HeldMetricsPage = {
    metrics: page.flatMap((one) => book.held(one) ?? []),
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
  return id.test(after) && writeCursor(after) === cursor ? after : null;
}

/** By halves, as there may be very many. */
function firstAfter(ids: readonly string[], after: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byNumber(ids[middle] ?? after, after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
