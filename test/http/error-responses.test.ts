import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { DomainError } from '../../src/errors.ts';
import { formatErrorResponses } from '../../src/http/error-responses.ts';

test.each([
  ['a failure of the service', new Error('boom'), 500, 'INTERNAL_SERVER_ERROR'],
  ['the same with a status', Object.assign(new Error('boom'), { statusCode: 503 }), 503, 'INTERNAL_SERVER_ERROR'],
  ['a fault of the request', Object.assign(new Error('boom'), { statusCode: 413 }), 413, 'BAD_REQUEST'],
  ['a domain error', new DomainError('HOST_NOT_ALLOWED', 'boom', 403), 403, 'HOST_NOT_ALLOWED'],
])('%s has its status and code, and is masked and logged if it is unexpected', async (_, error, status, code) => {
  const lines: string[] = [];
  const app = Fastify({ logger: { level: 'error', stream: { write: (line: string) => void lines.push(line) } } });
  formatErrorResponses(app);
  app.get('/', async (_request, reply) => {
    reply.type('text/csv');
    throw error;
  });
  const response = await app.inject('/');
  const [{ message, extensions }] = response.json().errors;
  expect([response.statusCode, extensions.code]).toEqual([status, code]);
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  const isMasked = code === 'INTERNAL_SERVER_ERROR';
  expect(message.includes('boom')).toBe(!isMasked);
  expect(lines.map((line) => JSON.parse(line))).toEqual(
    isMasked
      ? [expect.objectContaining({ errorId: extensions.errorId, err: expect.objectContaining({ message: 'boom' }) })]
      : [],
  );
  await app.close();
});
