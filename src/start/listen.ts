import { createServer } from 'node:net';

/** What a person has to mend before the service can start: told without a stack. */
export class StartError extends Error {}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Finds out before the long work of loading, not after it, that nobody could be served. */
export async function checkPort(address: Address): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(listenError(error, address)));
    probe.listen(address.port, address.host, () => probe.close(() => resolve()));
  });
}

/** What an error of listening means to a person. */
export function listenError(error: NodeJS.ErrnoException, { host, port }: Address): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} on ${host} is in use by another process. Stop it, or choose another: PORT=4001`,
    );
  }
  if (error.code === 'EACCES')
    return new StartError(`This user may not listen on port ${port}. Choose one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL') return new StartError(`This machine has no address ${host}. See HOST.`);
  return error;
}
