import type { FastifyInstance, FastifyRequest, HTTPMethods } from 'fastify';
import { DomainError } from '../errors.ts';

/**
 * Answers the methods that a route does not support with 405, before the body is read: it may be empty, or malformed.
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
  const refuse = async ({ method }: FastifyRequest) => {
    const headers = new Map([['allow', allowed]]);
    throw new DomainError('BAD_REQUEST', `${path} does not support ${method}. Use ${allowed.split(',')[0]}.`, 405, {
      headers,
    });
  };
  app.route({ method: methods, url: path, onRequest: refuse, handler: refuse });
}
