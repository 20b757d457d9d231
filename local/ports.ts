import { createServer } from 'node:net';
import { codeOf, LocalError } from './errors.ts';

/** A port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/**
 * Checks that a port on loopback is free.
 *
 * @param what what needs the port, for the message.
 * @param variable the environment variable that sets the port, for the message.
 * @throws {LocalError} if the port is in use, or this user may not listen on it.
 */
export async function requireFreePort(port: number, what: string, variable: string): Promise<void> {
  const other = `choose another: ${variable}=${port + 1000 > 65_535 ? port - 1000 : port + 1000}`;
  try {
    await listenOnce(port);
  } catch (error) {
    switch (codeOf(error)) {
      case 'EADDRINUSE':
        throw new LocalError(`Port ${port} for ${what} is in use by another process. Stop it, or ${other}`);
      case 'EACCES':
        throw new LocalError(`This user may not listen on port ${port} for ${what}; ${other}`);
      default:
        throw error;
    }
  }
}

/** Listens and closes again; 0 takes any free port. Returns the port. */
function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
