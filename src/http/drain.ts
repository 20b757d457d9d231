import type { FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/http.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { HttpServers } from './connection-limits.ts';

/**
 * On shutdown, closes each connection after its current response, so that keep-alive connections do not delay the exit
 * for over a minute. Closes the rest after `drainSeconds`.
 */
export function drainConnections(
  app: FastifyInstance,
  servers: HttpServers,
  telemetry: Telemetry,
  { drainSeconds }: Pick<HttpConfig, 'drainSeconds'>,
): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    setTimeout(() => servers.closeAllConnections(), drainSeconds * 1000).unref();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing || telemetry.isDraining) reply.header('connection', 'close');
    done();
  });
}
