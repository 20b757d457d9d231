import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors.ts';
import { truncated } from '../text.ts';
import { exportPath, graphqlPath } from './operation-routes.ts';
import { signalRoutes } from './signal-routes.ts';

export const schemaPath = '/schema.graphql';

/** Maximum length of a path in a message. */
const maxPathLength = 100;

/** The paths of the GraphiQL page. */
export const pageRoutes = ['/', '/graphiql', '/graphiql/*'] as const;

/** The methods of each route that has some of them only, as `Allow` lists them. */
const allowedMethods = new Map<string, readonly string[]>([
  [graphqlPath, ['GET', 'POST']],
  [exportPath, ['POST']],
  ...[schemaPath, ...signalRoutes, ...pageRoutes].map((route): [string, string[]] => [route, ['GET', 'HEAD']]),
]);

/** Why no route answers a request: its path has other methods (405), or there is no such path (404). */
function noRoute({ method, url, routeOptions }: FastifyRequest): DomainError {
  const [path = ''] = url.split('?');
  const allowed = allowedMethods.get(routeOptions.url ?? path);
  // A file that does not exist has the route of all files.
  if (allowed === undefined || allowed.includes(method)) return notFound();
  const headers = new Map([['allow', allowed.join(', ')]]);
  const message = `${truncated(path, maxPathLength)} does not support ${method}. Use ${allowed.join(' or ')}.`;
  return new DomainError('BAD_REQUEST', message, 405, { headers });
}

/** The error for a path that does not exist. */
export const notFound = (): DomainError =>
  new DomainError('BAD_REQUEST', 'Not found. The GraphQL endpoint is /graphql (GET and POST).', 404);

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
