import type { FastifyInstance, HTTPMethods } from 'fastify';
import { DomainError } from '../errors.ts';

/**
 * Answers the methods that a route does not support with 405.
 *
 * @param methods that are not supported.
 * @param allowed the supported ones, the one to use first.
 */
export function methodsNotAllowed(
  app: FastifyInstance,
  path: string,
  methods: HTTPMethods[] = ['POST', 'PUT', 'PATCH', 'DELETE'],
  allowed = 'GET, HEAD',
): void {
  app.route({
    method: methods,
    url: path,
    handler: async ({ method }) => {
      const headers = new Map([['allow', allowed]]);
      throw new DomainError('BAD_REQUEST', `${path} does not support ${method}. Use ${allowed.split(',')[0]}.`, 405, {
        headers,
      });
    },
  });
}
