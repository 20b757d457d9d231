import { ZodError } from 'zod';
import { type Answer, refusal } from './answer.ts';
import { jsonOf } from './body.ts';
import type { Book } from './book.ts';
import type { Faults } from './faults.ts';
import type { Journal } from './journal.ts';

/** Answers what is below /sandbox, which no AdSuite has: switching faults, and looking at what happened. */
export function answerAdmin(
  method: string,
  path: string,
  body: Buffer | null,
  { faults, journal, book }: { readonly faults: Faults; readonly journal: Journal; readonly book: Book },
): Answer {
  const [, , noun, iterationId = ''] = path.split('/');
  if (noun === 'faults' && method === 'PUT') return setFaults(faults, body && jsonOf(body));
  if (noun === 'faults' && method === 'DELETE') faults.set([]);
  if (noun === 'faults' && ['GET', 'DELETE'].includes(method)) return { status: 200, body: { faults: faults.list() } };
  if (noun === 'requests' && method === 'GET') return { status: 200, body: { requests: journal.list() } };
  if (noun === 'iterations' && method === 'GET' && iterationId !== '') {
    return { status: 200, body: { held: book.held(iterationId) ?? null, effects: book.effects(iterationId) } };
  }
  return refusal(404, 'NOT_FOUND', 'There are GET, PUT, DELETE faults, GET requests, GET iterations/<id>.');
}

function setFaults(faults: Faults, json: unknown): Answer {
  try {
    faults.set((json as { faults?: unknown } | null | undefined)?.faults);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const [issue] = error.issues;
    return refusal(400, 'INVALID_REQUEST', `faults.${issue?.path.join('.')}: ${issue?.message}`);
  }
  return { status: 200, body: { faults: faults.list() } };
}
