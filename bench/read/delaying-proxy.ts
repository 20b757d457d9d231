import { connect, createServer, type Socket } from 'node:net';

/** A proxy before PostgreSQL that delays every answer, and counts the statements that pass. */
export interface DelayingProxy {
  readonly port: number;
  /** Statements so far. */
  readonly statements: number;
  close(): Promise<void>;
}

/** Types of messages from a client: Execute of a prepared statement, and a simple query. */
const statementTypes = [...'EQ'].map((type) => type.charCodeAt(0));

/**
 * Starts a proxy on a free port of loopback. Each chunk of an answer arrives so much later than it was sent, however many
 * chunks an answer has: a statement takes one delay longer, as with a warehouse that needs time for any statement.
 */
export async function startDelayingProxy(port: number, milliseconds: number): Promise<DelayingProxy> {
  let statements = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    const count = messageCounter((type) => {
      if (statementTypes.includes(type)) statements += 1;
    });
    client.on('data', (bytes: Buffer) => {
      count(bytes);
      upstream.write(bytes);
    });
    // Timers of one duration fire in the order in which they were set.
    upstream.on('data', (bytes: Buffer) => setTimeout(() => client.writable && client.write(bytes), milliseconds));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      // Expected: a closed connection fails on both sides.
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    get statements() {
      return statements;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const lengthBytes = 4;

/**
 * Follows the messages of a client of PostgreSQL: the start-up packet, which has no type, then messages of a type, a length
 * that includes itself, and content.
 */
function messageCounter(onMessage: (type: number) => void): (bytes: Buffer) => void {
  let header = Buffer.alloc(0);
  let headerBytes = lengthBytes;
  let skipped = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      if (skipped > 0) {
        const part = Math.min(skipped, bytes.length - at);
        skipped -= part;
        at += part;
        continue;
      }
      const part = bytes.subarray(at, at + headerBytes - header.length);
      header = Buffer.concat([header, part]);
      at += part.length;
      if (header.length < headerBytes) continue;
      skipped = header.readUInt32BE(headerBytes - lengthBytes) - lengthBytes;
      if (headerBytes > lengthBytes) onMessage(header.readUInt8(0));
      header = Buffer.alloc(0);
      headerBytes = 1 + lengthBytes;
    }
  };
}
