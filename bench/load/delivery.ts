import type { Sandbox } from '../../src/embedded/sandbox/index.ts';
import { type Client, operation } from './client.ts';
import type { Operator } from './operator.ts';
import type { Replica } from './replica.ts';

const maxIds = 1_000;
const driftDocument = `query Drift($ids: [ID!]!) { pushDrift(iterationIds: $ids, first: 1000) { compared rows { iterationId kinds } } }`;

/** Compares what AdSuite received with what was pushed. Returns lines for the output, and what is not as it should be. */
export async function checkDelivery(
  sandbox: Sandbox,
  client: Client,
  [replica]: readonly [Replica, ...Replica[]],
  operators: readonly Operator[],
): Promise<{ lines: string[]; problems: string[] }> {
  const delivered = operators.flatMap((operator) => operator.delivered);
  const problems: string[] = [];
  for (const id of delivered) {
    const count = sandbox.effects(id).length;
    if (count !== 1) problems.push(`iteration ${id} was applied ${count} times`);
  }
  const others = sandbox.ids().filter((id) => !delivered.includes(id));
  if (others.length > 0) problems.push(`AdSuite has iterations that were not pushed: ${others.join(', ')}`);
  for (let from = 0; from < delivered.length; from += maxIds) {
    const ids = delivered.slice(from, from + maxIds);
    const outcome = await client.send(replica.origin, operation('drift', driftDocument, { ids }));
    const drift = outcome.kind === 'answer' ? (outcome.answer.data as Drift | null | undefined)?.pushDrift : null;
    if (drift?.compared !== ids.length || drift.rows.length > 0) {
      problems.push(`AdSuite, ledger and build differ: ${JSON.stringify(drift ?? outcome)}`);
    }
  }
  const sum = (of: (operator: Operator) => number) => operators.reduce((total, each) => total + of(each), 0);
  const requests = sandbox.requests().filter(({ method }) => method !== 'GET');
  const lines = [
    `  ${delivered.length} rows in ${sum(({ runs }) => runs.size)} runs, of which ${sum(({ retries }) => retries)} retries; ${sum(({ dryRuns }) => dryRuns)} dry runs`,
    `  the operator repeated ${sum(({ repeats }) => repeats)} requests with the same idempotency key or none`,
    `  AdSuite got ${requests.length} requests, ${requests.filter(({ faults }) => faults.length > 0).length} with an injected fault`,
    `  applied exactly once, with the values of the build: ${problems.length === 0 ? 'all rows' : 'NOT all rows'}`,
  ];
  return { lines, problems };
}

interface Drift {
  readonly pushDrift: { readonly compared: number; readonly rows: readonly unknown[] } | null;
}
