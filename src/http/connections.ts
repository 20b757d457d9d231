import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyHttpOptions, FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/http.ts';
import { sparsely } from './sparse-log.ts';

/** How often Node looks for connections whose time is over: its default of 30 s would add to each time-out. */
const checkMilliseconds = 1_000;

/** The HTTP servers of one service: Fastify makes two where HOST is a name with two addresses (127.0.0.1 and ::1). */
export interface HttpServers {
  readonly serverFactory: NonNullable<FastifyHttpOptions<Server>['serverFactory']>;
  /** Closes all connections, also those with a request under way. */
  closeAllConnections(): void;
}

/**
 * Makes HTTP servers that limit the number of connections, and close those on which a request arrives too slowly, or none
 * at all.
 */
export function httpServers(config: HttpConfig, log: FastifyBaseLogger): HttpServers {
  const { headersSeconds, requestSeconds, keepAliveSeconds, maxConnections } = config;
  const servers: Server[] = [];
  const logDrop = sparsely((_, dropped) =>
    log.warn({ dropped, maxConnections }, 'connections were closed at once: HTTP_MAX_CONNECTIONS are open'),
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
 * Closes connections on which no request follows an answer. Node's keep-alive time-out restarts with any byte, and an empty
 * line now and then is no request, so it would never end.
 *
 * @param milliseconds from an answer until the headers of the next request are complete.
 */
function closeIdle(server: Server, milliseconds: number): void {
  const underWay = new WeakMap<Socket, number>();
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  server.on('connection', (socket) => socket.once('close', () => clearTimeout(timers.get(socket))));
  server.on('request', ({ socket }, response) => {
    clearTimeout(timers.get(socket));
    underWay.set(socket, (underWay.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (underWay.get(socket) ?? 1) - 1;
      underWay.set(socket, left);
      if (left === 0 && !socket.destroyed) timers.set(socket, setTimeout(() => socket.destroy(), milliseconds).unref());
    });
  });
}

/** Closes connections whose client has stopped reading its answer. */
export function closeStalled(app: FastifyInstance, { stalledSeconds }: HttpConfig): void {
  app.addHook('onSend', async (_request, { raw }) => {
    // From here on only the client's reading is waited for. Without a listener, Node closes the connection.
    raw.setTimeout(stalledSeconds * 1000);
    // Before Node's own listener, which sets the keep-alive time-out. A pipelined request may take longer to be answered.
    raw.prependOnceListener('finish', () => raw.socket?.setTimeout(0));
  });
}
