import { LocalError } from '../../local/errors.ts';
import { judge } from './answers.ts';
import { type Client, type Operation, operation } from './client.ts';
import { type Ids, operationMix } from './operations.ts';
import type { Operator } from './operator.ts';
import type { Replica } from './replica.ts';

const lookedUp = 50;
const sliceRows = 20;
const slicesBefore = 3;
const maxPlannedRows = 1_000;

export interface Prepared {
  readonly mix: readonly (readonly Operation[])[];
  /** The right data of each operation. */
  readonly expected: ReadonlyMap<Operation, unknown>;
  /** Iterations that were not pushed yet, in slices for the operator. */
  readonly slices: readonly (readonly string[])[];
}

/** Pushes some iterations, so that there are finished runs, and asks for the right answers while nothing is broken. */
export async function prepare(client: Client, replicas: readonly Replica[], operator: Operator): Promise<Prepared> {
  const [replica] = replicas as [Replica];
  const ids = await data<{ strategies: Nodes; conversions: Nodes }>(
    client,
    replica,
    operation(
      'ids',
      `{ strategies(first: ${lookedUp}) { nodes { id } } conversions(first: ${lookedUp}) { nodes { id } } }`,
    ),
  );
  const { rows } = await operator.plan(maxPlannedRows);
  const iterations = rows.map(({ iterationId }) => iterationId);
  const slices = Array.from({ length: Math.floor(iterations.length / sliceRows) }, (_, index) =>
    iterations.slice(index * sliceRows, (index + 1) * sliceRows),
  );
  const runs: string[] = [];
  for (const [index, slice] of slices.slice(0, slicesBefore).entries()) {
    runs.push(await operator.push(slice, `${operator.name}-${index}`));
  }
  const mix = operationMix({
    strategies: ids.strategies.nodes.map(({ id }) => id),
    conversions: ids.conversions.nodes.map(({ id }) => id),
    iterations: iterations.slice(-lookedUp),
    runs,
    requestedBy: operator.name,
    pushed: [...operator.delivered],
  } satisfies Ids);
  const expected = new Map<Operation, unknown>();
  for (const each of new Set(mix.flat())) expected.set(each, await data(client, replica, each));
  await checkAnswers(client, replicas, expected);
  return { mix, expected, slices: slices.slice(slicesBefore) };
}

interface Nodes {
  readonly nodes: readonly { readonly id: string }[];
}

/**
 * Sends each operation once to each replica.
 *
 * @throws {LocalError} if an answer is not the expected one
 */
export async function checkAnswers(
  client: Client,
  replicas: readonly Replica[],
  expected: ReadonlyMap<Operation, unknown>,
): Promise<void> {
  for (const replica of replicas) {
    for (const [each, right] of expected) {
      const verdict = judge(await client.send(replica.origin, each), right, false);
      if (verdict.kind === 'right') continue;
      throw new LocalError(`Without faults, replica ${replica.name} answered ${each.name}: ${JSON.stringify(verdict)}`);
    }
  }
}

async function data<Data>(client: Client, replica: Replica, asked: Operation): Promise<Data> {
  const outcome = await client.send(replica.origin, asked);
  if (outcome.kind === 'answer' && outcome.status === 200 && outcome.answer.errors === undefined) {
    return outcome.answer.data as Data;
  }
  throw new LocalError(`Without faults, ${asked.name} was answered: ${JSON.stringify(outcome).slice(0, 1_000)}`);
}
