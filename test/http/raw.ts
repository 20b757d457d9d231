import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection on which a test writes HTTP by hand, byte by byte. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string): void;
  /** Resolves with all that the server sent, once the server has closed the connection. */
  readonly closed: Promise<string>;
}

export async function openRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    received += chunk;
  });
  // A reset is a way of closing, too.
  socket.on('error', () => undefined);
  // Not events.once, which rejects where a reset comes before the close.
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  await once(socket, 'connect');
  return { socket, write: (text) => void socket.write(text), closed };
}

/** Sends one request as it stands, and resolves with the status and the whole answer. */
export async function sendRaw(url: string, lines: readonly string[], body = '') {
  const connection = await openRaw(url);
  connection.write([...lines, 'connection: close', '', body].join('\r\n'));
  const text = await connection.closed;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}
