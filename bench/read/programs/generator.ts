/**
 * Sends the requests of one run after the other, as the parent process asks: a closed loop over as many connections as
 * requests are in progress at a time. Counts a request as failed if its answer does not begin as one with data does.
 */
import { Client } from 'undici';
import { dialects, requestFor } from '../dialects.ts';
import type { Run, RunResult } from '../generator.ts';
import { type Inputs, inputs, type Source, type Workload } from '../workloads.ts';

let source: Source | null = null;

process.on('message', async (message: { readonly source: Source } | { readonly run: Run }) => {
  if ('source' in message) source = message.source;
  else if (source !== null) process.send?.(await perform(message.run, source));
});
process.once('disconnect', () => process.exit());

async function perform(run: Run, from: Source): Promise<RunResult> {
  const clients = Array.from({ length: run.concurrency }, () => new Client(run.origin, { pipelining: 1 }));
  const begin = Buffer.from(dialects[run.dialect].A.document === null ? '' : '{"data":{"');
  const latencies: number[] = [];
  let [number, failures, bytes] = [run.first, 0, 0];
  const start = performance.now();
  const until = start + run.seconds * 1000;
  // Repeated requests would otherwise include the time to write each again.
  const repeated = run.mode === 'same' ? requestOf(run, from, 0) : null;
  const loop = async (client: Client) => {
    while (performance.now() < until) {
      const { path, body } = repeated ?? requestOf(run, from, number);
      number += 1;
      const sent = performance.now();
      const answer = await send(client, path, body, run.headers, begin);
      latencies.push(performance.now() - sent);
      bytes += answer.bytes;
      if (!answer.isRight) failures += 1;
    }
  };
  await Promise.all(clients.map(loop));
  const seconds = (performance.now() - start) / 1000;
  await Promise.all(clients.map((client) => client.close()));
  return { latencies, seconds, failures, bytes, next: repeated === null ? number : run.first };
}

function requestOf({ dialect, workload, mode, cursors }: Run, from: Source, number: number) {
  const operationName = mode === 'new' ? `Op${number}` : 'Op';
  const input = inputs[workload](from, number) as Inputs[Workload];
  const cursor = cursors !== null && 'index' in input ? (cursors[input.index] ?? null) : null;
  return requestFor(dialect, workload, input as never, cursor, operationName);
}

function send(client: Client, path: string, body: string, headers: Readonly<Record<string, string>>, begin: Buffer) {
  return new Promise<{ bytes: number; isRight: boolean }>((resolve, reject) => {
    let [bytes, isRight] = [0, false];
    client.dispatch(
      { path, method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, status) {
          isRight = status === 200;
        },
        onResponseData(_controller, chunk) {
          if (bytes === 0 && isRight) isRight = chunk.subarray(0, begin.length).equals(begin);
          bytes += chunk.length;
        },
        onResponseEnd: () => resolve({ bytes, isRight }),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}
