import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

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

/**
 * Serves GraphiQL at `/graphiql/` and redirects `/` and `/graphiql` to it.
 *
 * @param folder of the built page.
 */
export async function serveGraphiql(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder))
    throw new Error(`The GraphiQL page is not built: ${folder} is missing. Run "npm run build".`);
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/graphiql/',
    redirect: true,
    setHeaders: (reply) => {
      reply.header('Content-Security-Policy', contentSecurityPolicy);
      reply.header('X-Content-Type-Options', 'nosniff');
      reply.header('Referrer-Policy', 'no-referrer');
    },
  });
  for (const path of ['/', '/graphiql']) app.get(path, (_request, reply) => reply.redirect('/graphiql/'));
}
