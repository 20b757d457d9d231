import { join } from 'node:path';
import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { serveGraphiql } from '../../src/http/graphiql-page.ts';

test.each(['/', '/graphiql', '/graphiql?tab=1'])('%s leads to GraphiQL', async (url) => {
  const app = fastify();
  await serveGraphiql(app, join(import.meta.dirname, '../../src/web'));
  const { statusCode, headers } = await app.inject(url);
  expect([statusCode, headers.location]).toEqual([302, '/graphiql/']);
  expect((await app.inject('/graphiql/')).statusCode).toBe(200);
  await app.close();
});
