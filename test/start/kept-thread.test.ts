import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { ServiceStopping } from '../../src/limits/request-errors.ts';
import { PushInterrupted } from '../../src/push/errors.ts';
import { KeptThread } from '../../src/start/push-thread/kept-thread.ts';

type Death = readonly [message: string, restartMilliseconds: number | null];

const open: KeptThread[] = [];
afterEach(async () => {
  for (const thread of open.splice(0)) await thread.close();
});

/** Keeps a thread that runs this code, and notes what happens to it. */
function keep(code: string, closeMilliseconds = 60_000) {
  const deaths: Death[] = [];
  const stuck: string[] = [];
  const workers: Worker[] = [];
  const thread = new KeptThread({
    start: () => {
      const worker = new Worker(code, { eval: true });
      workers.push(worker);
      return worker;
    },
    serve: () => undefined,
    onDeath: ({ message }, milliseconds) => void deaths.push([message, milliseconds]),
    onStuck: () => void stuck.push('stuck'),
    closeMilliseconds,
  });
  open.push(thread);
  return { thread, deaths, stuck, workers };
}

const onMessage = (body: string) => `const { parentPort: port } = require('node:worker_threads');
  port.on('message', ({ id, kind, name }) => { ${body} });`;
const answering = `port.postMessage({ kind: 'result', id, value: null })`;

/** What a call fails with, and its Retry-After. */
async function interruption(thread: KeptThread) {
  const error = await thread.call('resume', []).catch((thrown: unknown) => thrown);
  if (!(error instanceof PushInterrupted)) throw error;
  return error.extensions.http.headers?.get('retry-after');
}

test('a thread that keeps ending is started after longer pauses, and Retry-After is what remains of the pause', async () => {
  const { thread, deaths, workers } = keep(`throw new Error('broken')`);
  expect(await interruption(thread)).toBe('1');
  // Calls before that fail with what remains of the first pause.
  await expect.poll(() => interruption(thread), { timeout: 20_000 }).toBe('2');
  expect(deaths).toEqual([
    ['broken', 1_000],
    ['broken', 2_000],
  ]);
  await expect.poll(() => interruption(thread), { timeout: 20_000 }).toBe('1');
  expect(workers.length).toBe(2);
});

test('a thread that does not close in time is terminated', async () => {
  const { thread, deaths, stuck, workers } = keep(onMessage(''), 50);
  const call = thread.call('resume', []);
  const ended = new Promise((resolve) => workers[0]?.once('exit', resolve));
  await Promise.all([expect(call).rejects.toThrow(ServiceStopping), thread.close(), ended]);
  expect([stuck, deaths]).toEqual([['stuck'], []]);
});

test('a thread that ends while it closes is reported, and not started again', async () => {
  const { thread, deaths, stuck, workers } = keep(onMessage(`if (name === 'close') throw new Error('died')`));
  thread.resume();
  await thread.close();
  expect([stuck, deaths, workers.length]).toEqual([[], [['died', null]], 1]);
});

test('a thread that has closed is not reported', async () => {
  const { thread, deaths, stuck } = keep(onMessage(answering));
  await thread.call('resume', []);
  await thread.close();
  expect([stuck, deaths]).toEqual([[], []]);
  await expect(thread.call('resume', [])).rejects.toThrow(ServiceStopping);
});
