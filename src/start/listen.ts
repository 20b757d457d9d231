import { createServer } from 'node:net';

/** A problem that the operator must fix before the service can start. Reported without a stack trace. */
export class StartError extends Error {}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Checks that the port is free, before data is loaded. */
export async function checkPort(address: Address): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error) => reject(listenError(error, address)));
    probe.listen(address.port, address.host, () => probe.close(() => resolve()));
  });
}

/** Explains an error of listening. */
export function listenError(error: NodeJS.ErrnoException, { host, port }: Address): Error {
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} on ${host} is in use by another process. Stop it, or set another port: PORT=4001`,
    );
  }
  if (error.code === 'EACCES')
    return new StartError(`This user may not listen on port ${port}. Set PORT to one above 1023.`);
  if (error.code === 'EADDRNOTAVAIL') return new StartError(`This machine has no address ${host}. Change HOST.`);
  return error;
}
