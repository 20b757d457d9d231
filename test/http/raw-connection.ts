import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection on which a test writes raw HTTP. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string): void;
  /** Resolves with all received data when the connection is closed. */
  readonly closed: Promise<string>;
}

export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    received += chunk;
  });
  // A reset also closes the connection.
  socket.on('error', () => undefined);
  // Not events.once, which rejects if a reset comes before the close.
  const closed = new Promise<string>((resolve) => socket.once('close', () => resolve(received)));
  await once(socket, 'connect');
  return { socket, write: (text) => void socket.write(text), closed };
}

/** Sends one raw request; resolves with the status and the whole response. */
export async function sendRaw(url: string, lines: readonly string[], body = '') {
  const connection = await openRawConnection(url);
  connection.write([...lines, 'connection: close', '', body].join('\r\n'));
  const text = await connection.closed;
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text };
}
