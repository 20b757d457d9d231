import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** What a client may send as `x-request-id`: it is logged and returned. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

const current = new AsyncLocalStorage<string>();

/** The id that the client or a proxy gave to a request, or a new one if it gave none, or an unacceptable one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID();
}

/** Returns each request's id as `x-request-id`. */
export function returnRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('preHandler', (request, _reply, done) => current.run(request.id, done));
}

/** The id of the request that is being answered, for code that does not get the request. A new id outside of requests. */
export const currentRequestId = (): string => current.getStore() ?? randomUUID();
