import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Where a request stands: it has come, AdSuite has taken it and answered, or the answer has gone on its way. */
export type Phase = 'arrived' | 'applied' | 'answered';

/** Called in each phase of each request, counted from 1; the request goes on when it resolves. */
export type Pass = (phase: Phase, request: number) => Promise<void> | void;

/** A way to AdSuite on which a test decides when requests and answers go on. */
export interface Gate {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens a way to the AdSuite at `target`. */
export async function openGate(target: string, pass: Pass): Promise<Gate> {
  let count = 0;
  const server = createServer(async (request, response) => {
    const number = ++count;
    try {
      const body = await buffer(request);
      await pass('arrived', number);
      const { authorization = '', 'content-type': type = '', 'idempotency-key': key = '' } = request.headers;
      const answer = await fetch(`${target}${request.url}`, {
        method: request.method ?? '',
        headers: { authorization, 'content-type': type, 'idempotency-key': String(key) },
        ...(request.method === 'POST' ? { body: new Uint8Array(body) } : {}),
      });
      const text = await answer.text();
      await pass('applied', number);
      const retryAfter = answer.headers.get('retry-after');
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
        ...(retryAfter === null ? {} : { 'retry-after': retryAfter }),
      });
      response.end(text, () => void pass('answered', number));
    } catch {
      // One of the two sides has gone.
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Holds whoever waits until it is released. */
export function latch() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  return {
    /** Somebody waits. */
    reached,
    release,
    wait: (): Promise<void> => {
      reach();
      return released;
    },
  };
}
