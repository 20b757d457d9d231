import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors.ts';

const allowed = 'GET, HEAD';

/** Answers other methods of a route for GET with 405. */
export function methodsNotAllowed(app: FastifyInstance, path: string): void {
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: path,
    handler: async ({ method }) => {
      const headers = new Map([['allow', allowed]]);
      throw new DomainError('BAD_REQUEST', `${path} does not support ${method}. Use GET.`, 405, { headers });
    },
  });
}
