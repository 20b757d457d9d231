import fastifyCors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

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
  await app.register(fastifyCors, {
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
    strictPreflight: false,
  });
}
