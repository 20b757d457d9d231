import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import fastify from 'fastify';
import { buildSchema, graphql } from 'graphql';

const PAGE = join(import.meta.dirname, '../../dist/web');

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const schema = buildSchema(`
  type Query {
    "What the data is as of."
    dataStatus: DataStatus!
    "Conversions, newest first."
    conversions(first: Int = 50): [Conversion!]!
  }
  type DataStatus { "The version of the data." build: String! asOf: String! }
  type Conversion { id: ID! "US dollars." payout: String! }
`);

const rootValue = {
  dataStatus: { build: 'build-7', asOf: '2026-06-28T00:00:00Z' },
  conversions: ({ first }: { first: number }) =>
    Array.from({ length: first }, (_, i) => ({ id: `conversion-${i + 1}`, payout: '1.2500' })),
};

/** Serves the built page and a small schema as the service does. */
export async function startFixtureServer() {
  if (!existsSync(join(PAGE, 'index.html'))) throw new Error('The page is not built: run `vite build` first.');
  const app = fastify();
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', POLICY);
  });
  app.register(fastifyStatic, { root: PAGE, prefix: '/graphiql/' });
  app.post<{ Body: { query: string; variables?: Record<string, unknown>; operationName?: string } }>(
    '/graphql',
    ({ body }) =>
      graphql({
        schema,
        rootValue,
        source: body.query,
        variableValues: body.variables,
        operationName: body.operationName,
      }),
  );
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { origin, close: () => app.close() };
}
