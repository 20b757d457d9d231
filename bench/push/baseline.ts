import { requestBody } from '../../src/push/adsuite/request.ts';
import type { PushSource } from '../../src/push/plan/source.ts';
import type { BuiltIteration } from '../../src/push/types.ts';
import { valuesText } from '../../src/push/values.ts';
import { token } from './children.ts';

/** The selection of a push of all iterations. */
const all = { iterationIds: null, strategyIds: null };

type Body = ReturnType<typeof requestBody>;

/** The requests of a push, built while the warehouse is read. */
async function* bodiesOf(source: PushSource, batchRows: number): AsyncGenerator<Body, void, undefined> {
  const build = await source.build();
  if (!build) throw new Error('there is no build');
  const { version } = build;
  const common = { runId: crypto.randomUUID(), number: 1, attempts: 0 };
  const bodyOf = (rows: readonly BuiltIteration[]) => {
    const outbox = rows.map(({ iterationId, strategyId, values }) => {
      return { iterationId, strategyId, version, valuesText: valuesText(values) };
    });
    return requestBody({ ...common, build: { id: build.id, version, asOf: build.asOf }, rows: outbox });
  };
  let waiting: BuiltIteration[] = [];
  for await (const page of source.metrics(all, build)) {
    waiting.push(...page);
    for (; waiting.length >= batchRows; waiting = waiting.slice(batchRows)) yield bodyOf(waiting.slice(0, batchRows));
  }
  if (waiting.length > 0) yield bodyOf(waiting);
}

/** All requests, built in advance. */
export async function makeBodies(source: PushSource, batchRows: number): Promise<Body[]> {
  const bodies: Body[] = [];
  for await (const body of bodiesOf(source, batchRows)) bodies.push(body);
  return bodies;
}

/**
 * Posts all requests concurrently and reads the answers, without a ledger and without handling of failures.
 *
 * @throws {Error} if a row is not accepted
 */
export async function postAll(
  url: string,
  bodies: Iterable<Body> | AsyncIterable<Body>,
  concurrency: number,
): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  for await (const body of bodies) {
    while (inFlight.size >= concurrency) await Promise.race(inFlight);
    const posted = post(url, body).finally(() => inFlight.delete(posted));
    inFlight.add(posted);
  }
  await Promise.all(inFlight);
}

/** A minimal script without a ledger: reads the warehouse, one page ahead, and posts each request when it is built. */
export const readAndPost = (source: PushSource, batchRows: number, url: string, concurrency: number): Promise<void> =>
  postAll(url, bodiesOf(source, batchRows), concurrency);

async function post(url: string, { bytes, key }: Body): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
  const request = () => fetch(`${url}/v1/iteration-metrics`, { method: 'POST', headers, body: bytes });
  // Retried once, since the receiver may just be closing a kept-alive connection of the previous round.
  const response = await request().catch(request);
  const { results } = (await response.json()) as { results: { status: string }[] };
  const refused = results.find(({ status }) => status !== 'accepted');
  if (refused) throw new Error(`a row was not accepted: ${JSON.stringify(refused)}`);
}
