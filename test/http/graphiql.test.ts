import { join } from 'node:path';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatErrorResponses } from '../../src/http/error-responses.ts';
import { serveGraphiql } from '../../src/http/graphiql-page.ts';
import { refuseUnknownRoutes } from '../../src/http/methods.ts';

let app: FastifyInstance;
beforeAll(async () => {
  app = fastify();
  formatErrorResponses(app);
  refuseUnknownRoutes(app);
  await serveGraphiql(app, join(import.meta.dirname, '../../src/web'));
});
afterAll(() => app.close());

test.each(['/', '/graphiql', '/graphiql?tab=1'])('%s leads to GraphiQL', async (url) => {
  const { statusCode, headers } = await app.inject(url);
  expect([statusCode, headers.location]).toEqual([302, '/graphiql/']);
  expect((await app.inject('/graphiql/')).statusCode).toBe(200);
});

test.each(['/', '/graphiql', '/graphiql/', '/graphiql/index.html'])('%s has GET and HEAD only', async (url) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'] as const) {
    const { statusCode, headers, body } = await app.inject({ method, url: `${url}?tab=1` });
    expect([statusCode, headers.allow]).toEqual([405, 'GET, HEAD']);
    expect(body).toContain(`"${url} does not support ${method}. Use GET or HEAD."`);
  }
});

test.each(['nothing.js', '%00', '%2e%2e/%2e%2e/package.json', '..%2f..%2fpackage.json', '.git/config', 'a//b'])(
  'no file can be %s',
  async (path) => {
    const { statusCode, headers, body } = await app.inject(`/graphiql/${path}`);
    expect([statusCode, headers.allow]).toEqual([404, undefined]);
    const message = 'Not found. The GraphQL endpoint is /graphql (GET and POST).';
    expect(JSON.parse(body)).toEqual({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  },
);
