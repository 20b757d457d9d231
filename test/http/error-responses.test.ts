import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { DomainError } from '../../src/errors.ts';
import { formatErrorResponses } from '../../src/http/error-responses.ts';

test.each([
  ['a failure of the service is its own', new Error('boom'), 500, undefined],
  ['the same with a status', Object.assign(new Error('boom'), { statusCode: 503 }), 503, undefined],
  ['a fault of the request', Object.assign(new Error('boom'), { statusCode: 413 }), 413, 'BAD_REQUEST'],
  ['a domain error', new DomainError('HOST_NOT_ALLOWED', 'boom', 403), 403, 'HOST_NOT_ALLOWED'],
])('%s keeps its status and code', async (_, error, status, code) => {
  const app = Fastify();
  formatErrorResponses(app);
  app.get('/', async () => {
    throw error;
  });
  const response = await app.inject('/');
  expect([response.statusCode, response.json().errors?.[0]?.extensions.code]).toEqual([status, code]);
  await app.close();
});
