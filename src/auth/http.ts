import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import { probeRoutes } from '../http/signal-routes.ts';
import { throttledLog } from '../http/throttled-log.ts';
import { authenticate, type Credentials } from './authenticate.ts';
import { anyone, type Caller } from './caller.ts';
import { Forbidden, Unauthenticated } from './errors.ts';
import { hasKeyInUrl, pathForLog } from './key-in-url.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes. */
    caller: Caller | null;
  }
}

/** Probes, and the GraphiQL page, which holds no data and asks for a key. All other routes need a caller, unknown ones too. */
const publicRoutes: ReadonlySet<string | undefined> = new Set([
  ...probeRoutes,
  ...['/', '/graphiql', '/graphiql/', '/graphiql/*'],
]);

/**
 * Finds the caller of each request before its body is read.
 *
 * @param credentials null: there is no authentication, and every caller is an operator.
 */
export function authenticateRequests(app: FastifyInstance, credentials: Credentials | null): void {
  app.decorateRequest('caller', null);
  if (!credentials) {
    app.addHook('onRequest', (request, _reply, done) => {
      request.caller = anyone;
      done();
    });
    return;
  }
  // Neither the header nor the URL: both may hold a secret.
  const logRefusal = throttledLog(({ request, error }: Refusal, refused) => {
    const why =
      error instanceof Unauthenticated ? { problem: error.problem, ...error.forLog } : { problem: error.message };
    app.log.warn({ ...why, remoteAddress: request.ip, refused, reqId: request.id }, 'authentication failed');
  });
  app.addHook('onRequest', async (request) => {
    try {
      if (hasKeyInUrl(request.raw.url ?? '')) throw new Unauthenticated(keyInUrl);
      if (publicRoutes.has(request.routeOptions.url)) return;
      request.caller = await authenticate(credentials, authorizationHeaders(request));
    } catch (error) {
      if (error instanceof Unauthenticated || error instanceof Forbidden) logRefusal({ request, error });
      throw error;
    }
  });
}

interface Refusal {
  readonly request: FastifyRequest;
  readonly error: Unauthenticated | Forbidden;
}

const keyInUrl =
  'A key or token must not be in the URL, which servers and proxies log. Consider it disclosed, and replace it.';

/** Node keeps only the first of several headers. */
const authorizationHeaders = ({ raw }: FastifyRequest): string[] =>
  raw.rawHeaders.filter((_, at) => at % 2 === 1 && raw.rawHeaders[at - 1]?.toLowerCase() === 'authorization');

/** Logs requests without anything that may be secret. */
export const withoutSecrets = (logger: FastifyBaseLogger): FastifyBaseLogger =>
  logger.child(
    {},
    {
      serializers: {
        req: ({ method, url, headers, ip }: FastifyRequest) => ({
          method,
          url: pathForLog(url),
          host: headers.host,
          remoteAddress: ip,
        }),
      },
    },
  );
