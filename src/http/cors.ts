import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** How long a browser may keep the answer to a preflight request. */
const preflightSeconds = 600;

/**
 * Lets web pages of other origins call the service. Preflight requests carry no key, so this must come before
 * authentication. The check of `Origin` accepts the same origins.
 *
 * @param origins exact origins, as browsers send them.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  const options: FastifyCorsOptions = {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'x-request-id',
      'if-none-match',
      'traceparent',
      // One of the two marks a GET as not sent by a plain form or link.
      'apollo-require-preflight',
      'x-apollo-operation-name',
    ],
    exposedHeaders: ['x-request-id', 'retry-after', 'etag', 'content-disposition', 'x-export-build', 'x-total-rows'],
    credentials: true,
    maxAge: preflightSeconds,
  };
  const others: FastifyCorsOptions = { ...options, preflight: false };
  await app.register(fastifyCors, {
    delegator: (request, done) => done(null, isPreflight(request) ? options : others),
  });
}

/** By the Fetch standard. Any other OPTIONS is a method that no path has, as without `origins`. */
const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;
