import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../examples/keep-a-copy/client.ts';
import { NewestDocument } from '../../examples/keep-a-copy/operations.ts';

type Answer = RequestListener;

const data = { dataStatus: { build: 'b' } };
const whole: Answer = (_, response) => response.end(JSON.stringify({ data }));
const refusal = JSON.stringify({ errors: [{ message: 'no', extensions: { code: 'CODE' } }] });
const refused =
  (status: number, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(refusal);
const silent: Answer = () => undefined;
const stalled: Answer = (_, response) => response.write('{"data":');
const cut: Answer = (_, response) => response.write('{"data":', () => response.destroy());

/** A client of a server that answers each request as the next of these; it records how long it would wait. */
async function clientOf(answers: Answer[], timeoutMilliseconds?: number) {
  const server = createServer((request, response) => (answers.shift() ?? refused(500))(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(async () => void (await close()));
  const waits: number[] = [];
  const wait = async (milliseconds: number) => waits.push(milliseconds);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = createClient(url, 'key', { wait, ...(timeoutMilliseconds !== undefined && { timeoutMilliseconds }) });
  return { read: () => send(NewestDocument, {}), waits, close };
}

test('a request is repeated after Retry-After, and not if that would not help', async () => {
  const { read, waits } = await clientOf([refused(503, { 'retry-after': '7' }), refused(429), refused(400)]);
  await expect(read()).rejects.toMatchObject({ message: 'no', code: 'CODE' });
  expect(waits).toEqual([7000, 2000]);
});

test('a Retry-After that is long, negative or a date does not make it wait longer than a minute', async () => {
  const times = ['86400', '-5', 'Wed, 21 Oct 2037 07:28:00 GMT', '1e999'];
  const { read, waits } = await clientOf([...times.map((time) => refused(429, { 'retry-after': time })), whole]);
  expect(await read()).toEqual(data);
  expect(waits).toEqual([60_000, 2000, 4000, 60_000]);
});

test('a request without an answer, or without the whole of it, is repeated', async () => {
  const { read, waits } = await clientOf([silent, stalled, cut, whole], 200);
  expect(await read()).toEqual(data);
  expect(waits).toEqual([1000, 2000, 4000]);
});

test('after six attempts the reason is reported', async () => {
  const busy = await clientOf(Array.from({ length: 6 }, () => refused(503)));
  await expect(busy.read()).rejects.toMatchObject({ message: 'no', code: 'CODE' });
  expect(busy.waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
  const slow = await clientOf(
    Array.from({ length: 6 }, () => silent),
    20,
  );
  await expect(slow.read()).rejects.toThrow(/^no complete answer from http.* \(.*timeout/);
  const { read, waits, close } = await clientOf([]);
  await close();
  await expect(read()).rejects.toThrow(/^no complete answer from http.* \(.*ECONNREFUSED/);
  expect(waits).toHaveLength(5);
});
