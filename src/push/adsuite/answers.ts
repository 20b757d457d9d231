import { z } from 'zod';
import type { MetricsPushAnswer, Refusal, RowOutcome } from '../../adsuite-api.ts';
import type { RowResult } from '../types.ts';
import type { AnswerBody } from './exchange.ts';
import type { Words } from './sanitize.ts';

/** Room in a receipt. */
const codeCharacters = 100;
const messageCharacters = 1000;

// Each names every field of the contract, and passes over others.
const answer = z.object({ results: z.array(z.unknown()) } satisfies Record<keyof MetricsPushAnswer, z.ZodType>);

const outcome = z.object({
  iterationId: z.string(),
  status: z.enum(['accepted', 'stale', 'rejected'] satisfies RowOutcome['status'][]),
  code: z.string().nullish(),
  message: z.string().nullish(),
} satisfies Record<keyof RowOutcome, z.ZodType>);

const refusal = z.object({ code: z.string().min(1), message: z.string() } satisfies Record<keyof Refusal, z.ZodType>);

const states = { accepted: 'ACCEPTED', stale: 'STALE', rejected: 'REJECTED' } as const;

/** JSON of an answer; a fault says why it is none. */
export function jsonOf(headers: Headers, body: AnswerBody): { readonly json: unknown } | { readonly fault: string } {
  if ('fault' in body) return body;
  const type = headers.get('content-type');
  if (!/^application\/([\w.+-]+\+)?json *(;|$)/i.test(type ?? '')) return { fault: `its content type is ${type}` };
  try {
    return { json: JSON.parse(body.text) };
  } catch {
    return { fault: 'it is not JSON' };
  }
}

/**
 * AdSuite's results for the rows of a batch. Left out are results that can't be understood, that are of other rows, or
 * that contradict each other: nothing is known of such a row.
 *
 * @returns null where the answer is of another form.
 */
export function resultsOf(json: unknown, iterationIds: ReadonlySet<string>, words: Words): RowResult[] | null {
  const parsed = answer.safeParse(json);
  if (!parsed.success) return null;
  const results = new Map<string, RowResult>();
  const contradicted = new Set<string>();
  for (const item of parsed.data.results) {
    const row = outcome.safeParse(item).data;
    if (!row || !iterationIds.has(row.iterationId)) continue;
    const state = states[row.status];
    if ((results.get(row.iterationId)?.state ?? state) !== state) contradicted.add(row.iterationId);
    results.set(row.iterationId, {
      iterationId: row.iterationId,
      state,
      code: row.code ? words(row.code, codeCharacters) : null,
      message: row.message ? words(row.message, messageCharacters) : null,
    });
  }
  return [...results.values()].filter(({ iterationId }) => !contradicted.has(iterationId));
}

/** AdSuite's word on a request that it did not take; where it gives none, the status is all there is. */
export function refusalOf(status: number, json: unknown, words: Words): Refusal {
  const { data } = refusal.safeParse(json);
  return data
    ? { code: words(data.code, codeCharacters), message: words(data.message, messageCharacters) }
    : { code: `HTTP_${status}`, message: 'AdSuite gave no reason' };
}
