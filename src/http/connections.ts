import type { Server } from 'node:http';
import type { FastifyHttpOptions, FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/http.ts';

/** How often Node looks for connections whose time is over: its default of 30 s would add to each time-out. */
const checkMilliseconds = 1_000;

const logEveryMilliseconds = 10_000;

/** The server options that close connections on which a request is sent too slowly, or none at all. */
export function connectionTimeouts(config: HttpConfig): FastifyHttpOptions<Server> {
  const requestTimeout = config.requestSeconds * 1000;
  return {
    requestTimeout,
    keepAliveTimeout: config.keepAliveSeconds * 1000,
    http: {
      // Fastify sets it later, too late for Node to compare headersTimeout with.
      requestTimeout,
      headersTimeout: config.headersSeconds * 1000,
      connectionsCheckingInterval: checkMilliseconds,
    },
  };
}

/** Limits the number of connections, and closes those whose client has stopped reading its answer. */
export function limitConnections(app: FastifyInstance, { maxConnections, stalledSeconds }: HttpConfig): void {
  app.server.maxConnections = maxConnections;
  let dropped = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  app.server.on('drop', () => {
    dropped++;
    const now = performance.now();
    if (now - loggedAt < logEveryMilliseconds) return;
    app.log.warn({ dropped, maxConnections }, 'connections refused: HTTP_MAX_CONNECTIONS are open');
    loggedAt = now;
    dropped = 0;
  });
  app.addHook('onSend', async (_request, reply) => {
    // From here on the client's reading is all that is waited for; without a listener, Node closes the connection.
    reply.raw.setTimeout(stalledSeconds * 1000);
  });
}
