import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyError, FastifyInstance } from 'fastify';
import { DomainError } from '../errors.ts';
import { notFound, pageRoutes, refuseOtherMethods } from './methods.ts';

/** GraphiQL loads from and connects to its own origin only. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  // The editor writes styles into the page.
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The statuses of paths that files cannot have. */
const unusablePath: ReadonlySet<number | undefined> = new Set([400, 403]);

/**
 * Serves GraphiQL at `/graphiql/` and redirects `/` and `/graphiql` to it.
 *
 * @param folder of the built page.
 */
export async function serveGraphiql(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder))
    throw new Error(`The GraphiQL page is not built: ${folder} is missing. Run "npm run build".`);
  await app.register(async (page) => {
    page.setErrorHandler<FastifyError>((error) => {
      // Paths that no file can have, for example with `%00` or `..`: the page has nothing that is forbidden.
      throw !(error instanceof DomainError) && unusablePath.has(error.statusCode) ? notFound() : error;
    });
    await page.register(fastifyStatic, {
      root: folder,
      prefix: '/graphiql/',
      redirect: true,
      setHeaders: (reply) => {
        reply.header('Content-Security-Policy', contentSecurityPolicy);
        reply.header('X-Content-Type-Options', 'nosniff');
        reply.header('Referrer-Policy', 'no-referrer');
      },
    });
  });
  for (const path of ['/', '/graphiql']) app.get(path, (_request, reply) => reply.redirect('/graphiql/'));
  for (const path of pageRoutes) refuseOtherMethods(app, path);
}
