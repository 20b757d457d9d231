import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';
import { exportPath, graphqlPath } from './operation-routes.ts';
import { signalRoutes } from './signal-routes.ts';

export const schemaPath = '/schema.graphql';

/** The methods of each path that has some of them only, as `Allow` lists them. */
const allowedMethods: ReadonlyMap<string, string> = new Map([
  [graphqlPath, 'GET, POST'],
  [exportPath, 'POST'],
  ...[schemaPath, ...signalRoutes].map((path) => [path, 'GET, HEAD'] as const),
]);

/** Why no route answers a request: its path has other methods (405), or there is no such path (404). */
function noRoute({ method, url, routeOptions }: FastifyRequest): DomainError {
  const path = routeOptions.url ?? url.split('?')[0] ?? '';
  const allowed = allowedMethods.get(path);
  if (allowed === undefined)
    return new DomainError('BAD_REQUEST', 'Not found. The GraphQL endpoint is /graphql (GET and POST).', 404);
  const headers = new Map([['allow', allowed]]);
  const remedy = allowed.split(', ').join(' or ');
  return new DomainError('BAD_REQUEST', `${path} does not support ${method}. Use ${remedy}.`, 405, { headers });
}

/**
 * Refuses requests that no route answers, before the body is read: it may be empty, or malformed. To be called after all hooks that
 * check requests before that.
 */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => done(request.is404 ? noRoute(request) : undefined));
  // Files that do not exist.
  app.setNotFoundHandler((request) => {
    throw noRoute(request);
  });
}

/**
 * Refuses the methods that a path does not have, as `refuseUnknownRoutes` does, but under its route: what is public or exempt from
 * checks is so with any method. To be called after the routes of the path.
 */
export function refuseOtherMethods(app: FastifyInstance, path: string): void {
  const method = app.supportedMethods.filter((each) => !app.hasRoute({ method: each, url: path }));
  const refuse = async (request: FastifyRequest) => {
    throw noRoute(request);
  };
  app.route({ method, url: path, onRequest: refuse, handler: refuse });
}
