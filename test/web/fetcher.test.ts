import type { Observable } from '@graphiql/toolkit';
import type { ExecutionResult } from 'graphql';
import { afterEach, expect, test, vi } from 'vitest';
import { ApiKey } from '../../src/web/api-key.ts';
import { Confirmation } from '../../src/web/confirmation.ts';
import { createFetcher } from '../../src/web/fetcher.ts';

const confirmation = new Confirmation();
const reached: boolean[] = [];
const answered: string[] = [];

/** Sends a query, and records what GraphiQL would show. */
function send(query: string) {
  const fetcher = createFetcher({
    apiKey: new ApiKey(),
    confirmation,
    onReachable: (each) => reached.push(each),
    onAnswer: (_answer, { query }) => answered.push(query),
  });
  const shown: unknown[] = [];
  const ended = Promise.withResolvers<void>();
  const observable = fetcher({ query }) as Observable<ExecutionResult>;
  const { unsubscribe } = observable.subscribe({
    next: (answer: unknown) => shown.push(answer),
    error: ended.reject,
    complete: ended.resolve,
  });
  return { shown, ended: ended.promise, unsubscribe };
}

/** The service: each request waits until the test answers it, or the page aborts it. */
function holdRequests() {
  const requests: { readonly answer: (body: string) => void; readonly signal: AbortSignal }[] = [];
  vi.stubGlobal('sessionStorage', { getItem: () => null });
  vi.stubGlobal('fetch', (_path: string, { signal }: { signal: AbortSignal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    signal.addEventListener('abort', () => reject(signal.reason));
    requests.push({ answer: (body) => resolve(new Response(body)), signal });
    return promise;
  });
  return requests;
}

afterEach(() => {
  vi.unstubAllGlobals();
  reached.splice(0);
  answered.splice(0);
});

test('an answer is shown once', async () => {
  const requests = holdRequests();
  const { shown, ended } = send('{ a }');
  requests[0]?.answer('{"data":{"a":1}}');
  await ended;
  expect(shown).toEqual([{ data: { a: 1 } }]);
  expect(answered).toEqual(['{ a }']);
  expect(reached).toEqual([true]);
});

test('a request that was stopped is aborted, and shows nothing', async () => {
  const requests = holdRequests();
  const stopped = send('{ a }');
  stopped.unsubscribe();
  expect(requests[0]?.signal.aborted).toBe(true);
  const next = send('{ b }');
  requests[1]?.answer('{"data":{"b":1}}');
  await next.ended;
  expect(stopped.shown).toEqual([]);
  expect(answered).toEqual(['{ b }']);
  expect(reached).toEqual([true]);
});

test('a mutation that was stopped is not asked about any longer, and not sent', async () => {
  const requests = holdRequests();
  const { shown, unsubscribe } = send('mutation { push }');
  expect(confirmation.mutations.value).toEqual(['push']);
  unsubscribe();
  expect(confirmation.mutations.value).toBeNull();
  const other = send('{ a }');
  requests[0]?.answer('{"data":{"a":1}}');
  await other.ended;
  expect(requests).toHaveLength(1);
  expect(shown).toEqual([]);
});

test('a body that is not JSON is an error that the user can read', async () => {
  const requests = holdRequests();
  const { shown, ended } = send('{ a }');
  requests[0]?.answer('<html>');
  await ended;
  expect(shown).toEqual([{ errors: [{ message: expect.stringContaining('not JSON: <html>') }] }]);
  expect(reached).toEqual([false]);
});
