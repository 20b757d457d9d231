import { createServer } from 'node:net';
import { codeOf, StackError } from './errors.ts';

/** Finds out before the long work, not after it, that a port on loopback is taken. `variable` chooses another. */
export async function requireFreePort(port: number, what: string, variable: string): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(explained(error, port, what, variable)));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve()));
  });
}

function explained(error: Error, port: number, what: string, variable: string): Error {
  const other = `choose another: ${variable}=${port + 1000 > 65_535 ? port - 1000 : port + 1000}`;
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new StackError(`Port ${port} for ${what} is in use by another process. Stop it, or ${other}`);
    case 'EACCES':
      return new StackError(`This user may not listen on port ${port} for ${what}; ${other}`);
    default:
      return error;
  }
}
