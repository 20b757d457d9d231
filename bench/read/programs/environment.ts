import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Connections stay open while the other servers have their turns. */
export const poolOptions = {
  connectionString: process.env.DATABASE_URL ?? '',
  max: Number(process.env.CONNECTIONS),
  idleTimeoutMillis: 0,
};

/** Listens on a free port of loopback, and prints it. */
export function listen(server: Server): void {
  server.listen(0, '127.0.0.1', () => console.log(`LISTENING ${(server.address() as AddressInfo).port}`));
}
