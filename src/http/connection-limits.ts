import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyHttpOptions, FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/http.ts';
import { throttledLog } from './throttled-log.ts';

/** How often Node checks for expired connections. Its default of 30 s would add to each timeout. */
const checkMilliseconds = 1_000;

/** The HTTP servers of a service. Fastify makes two if HOST resolves to two addresses (127.0.0.1 and ::1). */
export interface HttpServers {
  readonly serverFactory: NonNullable<FastifyHttpOptions<Server>['serverFactory']>;
  /** Closes all connections, including those with a request in progress. */
  closeAllConnections(): void;
}

/** Makes HTTP servers that limit the number of connections and close slow and idle ones. */
export function createHttpServers(config: HttpConfig, log: FastifyBaseLogger): HttpServers {
  const { headersSeconds, requestSeconds, keepAliveSeconds, maxConnections } = config;
  const servers: Server[] = [];
  const logDrop = throttledLog((_, dropped) =>
    log.warn({ dropped, maxConnections }, 'connections rejected: HTTP_MAX_CONNECTIONS are open'),
  );
  return {
    serverFactory: (handler) => {
      const server = createServer(
        {
          headersTimeout: headersSeconds * 1000,
          requestTimeout: requestSeconds * 1000,
          keepAliveTimeout: keepAliveSeconds * 1000,
          connectionsCheckingInterval: checkMilliseconds,
        },
        handler,
      );
      server.maxConnections = maxConnections;
      closeIdle(server, (keepAliveSeconds + headersSeconds) * 1000);
      server.on('drop', logDrop);
      servers.push(server);
      return server;
    },
    closeAllConnections: () => {
      for (const server of servers) server.closeAllConnections();
    },
  };
}

/**
 * Closes connections that stay idle after a response. Node's own keep-alive timeout restarts with any byte, so a client
 * could hold a connection open with empty lines.
 *
 * @param milliseconds from a response until the headers of the next request are complete.
 */
function closeIdle(server: Server, milliseconds: number): void {
  const uses = new WeakMap<Socket, { inProgress: number; idle: NodeJS.Timeout | undefined }>();
  server.on('connection', (socket) => {
    uses.set(socket, { inProgress: 0, idle: undefined });
    socket.once('close', () => clearTimeout(uses.get(socket)?.idle));
  });
  server.on('request', ({ socket }, response) => {
    const use = uses.get(socket);
    if (!use) return;
    use.inProgress += 1;
    response.once('close', () => {
      use.inProgress -= 1;
      if (use.inProgress > 0 || socket.destroyed) return;
      // Restarting a timer costs less than one per request. If it fires during a request, it does nothing.
      use.idle =
        use.idle?.refresh() ?? setTimeout(() => use.inProgress === 0 && socket.destroy(), milliseconds).unref();
    });
  });
}

/** Closes connections whose client has stopped reading its response. */
export function closeStalled(app: FastifyInstance, { stalledSeconds }: HttpConfig): void {
  app.addHook('onSend', (_request, { raw }, _payload, done) => {
    // From here on, only the client can stall. Without a listener for the timeout, Node closes the connection.
    raw.setTimeout(stalledSeconds * 1000);
    // A pipelined request may take longer. Runs before Node's own listener, which sets the keep-alive timeout.
    raw.prependOnceListener('finish', () => raw.socket?.setTimeout(0));
    done();
  });
}
