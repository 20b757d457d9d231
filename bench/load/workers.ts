import { setTimeout as delay } from 'node:timers/promises';
import { judge } from './answers.ts';
import type { Client, Operation } from './client.ts';
import type { Figures } from './figures.ts';
import type { Replica } from './replica.ts';

export interface Load {
  readonly client: Client;
  readonly replicas: readonly Replica[];
  readonly mix: readonly (readonly Operation[])[];
  /** The right data of each operation. */
  readonly expected: ReadonlyMap<Operation, unknown>;
  readonly connections: number;
  /** Every n-th request of a connection, its client leaves before the answer; null: never. */
  readonly disconnectEvery: number | null;
}

/** The pause of a client after a failure. */
const pauseMilliseconds = 250;
/** How long clients that leave wait, one after the other. */
const patience = [1, 5, 20, 80];
/** Coprime to most lengths of the mix, so that connections send different operations at the same time. */
const stride = 7;

/** Sends requests over all connections until the signal is aborted. Each connection sends the next one after an answer. */
export async function runLoad(load: Load, figures: Figures, signal: AbortSignal): Promise<void> {
  await Promise.all(
    Array.from({ length: load.connections }, (_, index) => runConnection(load, index, figures, signal)),
  );
}

async function runConnection(load: Load, index: number, figures: Figures, signal: AbortSignal): Promise<void> {
  const { client, replicas, mix, expected, disconnectEvery } = load;
  const [own, other] = [replicas[index % replicas.length], replicas[(index + 1) % replicas.length]] as [
    Replica,
    Replica,
  ];
  let isOwnGone = false;
  for (let sent = 0; !signal.aborted; sent += 1) {
    const variants = mix[(index * stride + sent) % mix.length] ?? [];
    const operation = variants[(index + sent) % variants.length] as Operation;
    const isLeaving = disconnectEvery !== null && (index + sent) % disconnectEvery === 0;
    // A load balancer stops sending requests to a replica that has not answered, until it answers again.
    isOwnGone &&= own.isStopped;
    const replica = isOwnGone ? other : own;
    const start = performance.now();
    const outcome = await client.send(
      replica.origin,
      operation,
      isLeaving ? (patience[sent % patience.length] ?? null) : null,
    );
    const end = performance.now();
    const verdict = judge(outcome, expected.get(operation), replica.wasStopped(start));
    figures.add(operation.name, verdict, end - start);
    isOwnGone ||= outcome.kind === 'no answer' && own.isStopped;
    if (verdict.kind === 'failed') await delay(pauseMilliseconds);
  }
}
