import { isDeepStrictEqual } from 'node:util';
import { LocalError } from '../../local/errors.ts';
import { type Answers, leastRows, normalized, rowsOf } from './answers.ts';
import { dialects, requestFor } from './dialects.ts';
import type { RunningServer } from './running.ts';
import { post } from './source.ts';
import { type Inputs, inputs, type Source, type Workload } from './workloads.ts';

/** So many requests of each workload are compared. */
const checkedRequests = 5;

/**
 * Compares the answers of all servers.
 *
 * @throws {LocalError} with the first difference, or if an answer has too few rows
 */
export async function checkAnswers(
  servers: readonly RunningServer[],
  workloads: readonly Workload[],
  source: Source,
): Promise<void> {
  for (const workload of workloads) {
    for (let number = 0; number < checkedRequests; number += 1) {
      const input = inputs[workload](source, number);
      const [first, ...others] = await Promise.all(
        servers.map(async (server) => ({ name: server.name, answer: await answerOf(server, workload, input) })),
      );
      if (first === undefined) return;
      const rows = rowsOf(first.answer);
      if (rows < leastRows[workload]) throw new LocalError(`${first.name} answers ${workload} with only ${rows} rows.`);
      for (const { name, answer } of others) {
        const difference = firstDifference(normalized(first.answer), normalized(answer), workload);
        if (difference !== null) throw new LocalError(`The answers of ${first.name} and ${name} differ: ${difference}`);
      }
    }
  }
}

async function answerOf<W extends Workload>(server: RunningServer, workload: W, input: Inputs[W]): Promise<Answers[W]> {
  const cursor = 'index' in input ? (server.cursors?.[input.index as number] ?? null) : null;
  const { path, body } = requestFor(server.dialect, workload, input, cursor, 'Op');
  const { data } = await post(server.origin, path, body, server.headers);
  return (dialects[server.dialect][workload].answer as (data: unknown) => Answers[W])(data);
}

/** Null if they are equal; else the path of the first difference, and both values. */
function firstDifference(one: unknown, other: unknown, path: string): string | null {
  if (isDeepStrictEqual(one, other)) return null;
  if (typeof one === 'object' && typeof other === 'object' && one !== null && other !== null) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    for (const name of names) {
      const difference = firstDifference(Reflect.get(one, name), Reflect.get(other, name), `${path}.${name}`);
      if (difference !== null) return difference;
    }
  }
  return `${path} is ${JSON.stringify(one)} and ${JSON.stringify(other)}`.slice(0, 500);
}
