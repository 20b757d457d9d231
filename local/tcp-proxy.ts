import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a network does to connections. */
export type NetworkFault =
  /** Every chunk arrives this much later, in both directions. */
  | { readonly kind: 'latency'; readonly milliseconds: number }
  /** Connections are reset as soon as something is sent over them. */
  | { readonly kind: 'reset' }
  /** The server's side ends after the first bytes of an answer; what clients send still arrives. */
  | { readonly kind: 'half-close' }
  /** Nothing is passed on in either direction, as by a firewall that drops packets. */
  | { readonly kind: 'black hole' }
  /** What clients send arrives, but no answer. */
  | { readonly kind: 'no answers' }
  /** Answers arrive byte by byte; with 0 without a pause between them. */
  | { readonly kind: 'drip'; readonly millisecondsPerByte: number };

/** A TCP proxy whose connections can be broken on purpose. */
export interface Proxy {
  readonly port: number;
  /** Closes all connections, and refuses new ones. */
  cut(): Promise<void>;
  /** Passes on nothing more over the open connections, like a firewall that has dropped them. New ones work. */
  hush(): void;
  /** Passes on what clients send over the open connections, but no answers. */
  swallowAnswers(): void;
  /** Gives all connections a fault, also new ones; null: none, and those with one are closed. */
  setFault(fault: NetworkFault | null): void;
  /** Accepts connections again after `cut`, on the same port. */
  restore(): Promise<void>;
}

/** A connection of a client, and the proxy's own connection to the server. */
class Link {
  fault: NetworkFault | null;
  readonly #client: Socket;
  readonly #upstream: Socket;
  /** Resolves when all answers so far have been passed on. */
  #answered: Promise<void> = Promise.resolve();

  constructor(client: Socket, upstream: Socket, fault: NetworkFault | null, onSent: (bytes: Buffer) => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.fault = fault;
    client.on('data', (bytes: Buffer) => {
      onSent(bytes);
      this.#send(bytes);
    });
    upstream.on('data', (bytes: Buffer) => this.#answer(bytes));
    // Expected: a closed connection fails on both sides.
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  }

  destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #send(bytes: Buffer): void {
    if (this.fault?.kind === 'black hole') return;
    if (this.fault?.kind === 'reset') {
      this.#client.resetAndDestroy();
      return;
    }
    this.#upstream.write(bytes);
  }

  #answer(bytes: Buffer): void {
    const { fault } = this;
    if (fault?.kind === 'black hole' || fault?.kind === 'no answers') return;
    if (fault?.kind === 'half-close') this.#client.end(bytes.subarray(0, 1));
    else this.#answered = this.#answered.then(() => this.#pass(bytes, fault));
  }

  async #pass(bytes: Buffer, fault: NetworkFault | null): Promise<void> {
    if (fault?.kind === 'latency') await delay(fault.milliseconds);
    const size = fault?.kind === 'drip' ? 1 : bytes.length;
    for (let from = 0; from < bytes.length && this.#client.writable; from += size) {
      if (fault?.kind === 'drip' && fault.millisecondsPerByte > 0) await delay(fault.millisecondsPerByte);
      this.#client.write(bytes.subarray(from, from + size));
    }
  }
}

/** @param onSent called with the bytes that clients send. */
export async function startProxy(port: number, onSent: (bytes: Buffer) => void = () => {}): Promise<Proxy> {
  const links = new Set<Link>();
  let current: NetworkFault | null = null;
  let server: Server;
  const listen = (own: number) =>
    new Promise<number>((resolve, reject) => {
      server = createServer({ allowHalfOpen: true }, (client) => {
        const link = new Link(client, connect({ port, host: '127.0.0.1', noDelay: true }), current, onSent);
        links.add(link);
        client.once('close', () => links.delete(link));
        client.once('end', () => link.destroy());
      });
      server.once('error', reject);
      server.listen(own, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const setOpen = (fault: NetworkFault) => {
    for (const link of links) link.fault = fault;
  };
  const own = await listen(0);
  return {
    port: own,
    cut: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.destroy();
      await closed;
    },
    hush: () => setOpen({ kind: 'black hole' }),
    swallowAnswers: () => setOpen({ kind: 'no answers' }),
    setFault: (fault) => {
      current = fault;
      if (fault) setOpen(fault);
      else for (const link of links) if (link.fault) link.destroy();
    },
    restore: async () => {
      await listen(own);
    },
  };
}
