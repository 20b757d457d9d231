import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';
import { etagOf, matches } from './etag.ts';
import { refuseOtherMethods, schemaPath } from './methods.ts';

/**
 * Serves the schema in SDL, to callers that may introspect.
 *
 * @param sdl the text of the schema.
 */
export function serveSchema(
  app: FastifyInstance,
  sdl: string,
  mayIntrospect: (request: FastifyRequest) => boolean,
): void {
  const etag = etagOf(sdl);
  app.get(schemaPath, async (request, reply) => {
    if (!mayIntrospect(request)) {
      throw new DomainError('FORBIDDEN', 'The schema is for callers that may introspect it.', 403);
    }
    reply.headers({ etag, 'cache-control': 'private, no-cache' });
    if (matches(request.headers['if-none-match'], etag)) return reply.status(304).send();
    reply.header('content-disposition', 'attachment; filename="schema.graphql"');
    return reply.type('text/plain; charset=utf-8').send(sdl);
  });
  refuseOtherMethods(app, schemaPath);
}
