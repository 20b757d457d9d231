import { requestBody } from '../../src/push/adsuite/request-body.ts';
import type { PushSource } from '../../src/push/source.ts';
import type { IterationMetrics } from '../../src/push/types.ts';
import { valuesText } from '../../src/push/values.ts';
import { token } from './children.ts';

/** What a push takes from its source: all iterations. */
const all = { iterationIds: null, strategyIds: null };

/** The requests of a push, made beforehand. */
export async function makeBodies(source: PushSource, batchRows: number): Promise<ReturnType<typeof requestBody>[]> {
  const build = await source.build();
  if (!build) throw new Error('there is no build');
  const version = Number(build.build_number);
  const bodies: ReturnType<typeof requestBody>[] = [];
  const add = (rows: readonly IterationMetrics[]) => {
    const common = { runId: crypto.randomUUID(), number: 1, attempts: 0 };
    const outbox = rows.map(({ iterationId, strategyId, values }) => {
      return { iterationId, strategyId, version, valuesText: valuesText(values) };
    });
    bodies.push(requestBody({ ...common, build: { id: build.build_id, version, asOf: build.as_of }, rows: outbox }));
  };
  let waiting: IterationMetrics[] = [];
  for await (const page of source.metrics(all)) {
    waiting.push(...page);
    for (; waiting.length >= batchRows; waiting = waiting.slice(batchRows)) add(waiting.slice(0, batchRows));
  }
  if (waiting.length > 0) add(waiting);
  return bodies;
}

/** Posts them all, some at a time, and reads the answers: no ledger, no outcome but success. Throws where a row is not accepted. */
export async function postAll(
  url: string,
  bodies: readonly ReturnType<typeof requestBody>[],
  concurrency: number,
): Promise<void> {
  const left = bodies.values();
  const post = async () => {
    for (const { bytes, key } of left) {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      };
      const request = () => fetch(`${url}/v1/iteration-metrics`, { method: 'POST', headers, body: bytes });
      // Once more where a connection was kept from the pass before, and the receiver is just closing it.
      const response = await request().catch(request);
      const { results } = (await response.json()) as { results: { status: string }[] };
      const refused = results.find(({ status }) => status !== 'accepted');
      if (refused) throw new Error(`a row was not accepted: ${JSON.stringify(refused)}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, post));
}
