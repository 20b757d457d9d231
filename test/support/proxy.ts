import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut and mended. */
export interface Proxy {
  readonly port: number;
  /** Breaks every connection, and refuses new ones. */
  cut(): Promise<void>;
  /** Passes no answer on any more, as a firewall does that has forgotten the connections. */
  hush(): void;
  /** Passes on what clients send, and none of the answers. */
  swallowAnswers(): void;
  /** Takes connections again, on the same port. */
  mend(): Promise<void>;
}

/** @param onSent told of what clients send, as it comes. */
export async function startProxy(port: number, onSent?: (bytes: Buffer) => void): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const upstreams = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Cut connections end with errors on both sides; that is what they are for.
    socket.on('error', () => {});
  };
  let server: Server;
  const listen = (own: number) =>
    new Promise<number>((resolve, reject) => {
      server = createServer((client) => {
        const upstream = connect(port, '127.0.0.1');
        keep(client);
        keep(upstream);
        upstreams.add(upstream);
        if (onSent) client.on('data', onSent);
        client.pipe(upstream).pipe(client);
        client.once('close', () => upstream.destroy());
        upstream.once('close', () => {
          upstreams.delete(upstream);
          client.destroy();
        });
      });
      server.once('error', reject);
      server.listen(own, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const own = await listen(0);
  return {
    port: own,
    cut: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    hush: () => {
      for (const socket of sockets) socket.unpipe();
    },
    swallowAnswers: () => {
      for (const upstream of upstreams) upstream.unpipe();
    },
    mend: async () => {
      await listen(own);
    },
  };
}
