import type { FastifyError, FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import { DomainError, type ErrorCode } from '../errors.ts';

/** The body of an answer to a request that never became a GraphQL operation, in GraphQL's shape. */
const body = (code: ErrorCode, message: string) => ({ errors: [{ message, extensions: { code } }] });

/** Requests that never reach Apollo (no JSON, too large, a foreign host, no such path) are answered in GraphQL's shape too. */
export function answerInShape(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error instanceof DomainError) {
      const { code, http } = error.extensions;
      return reply.status(http.status).send(body(code, error.message));
    }
    if ((error.statusCode ?? 500) >= 500) throw error;
    return answerBadRequest(error, reply);
  });
  app.setNotFoundHandler((_request, reply) =>
    reply
      .status(404)
      .send(body('BAD_REQUEST', 'There is nothing at this path. GraphQL is at /graphql (GET and POST).')),
  );
}

/** Answers a fault that Fastify finds before it knows the route, such as a malformed path. */
export const answerBadRequest = (error: FastifyError, reply: FastifyReply): FastifyReply =>
  reply.status(error.statusCode ?? 400).send(body('BAD_REQUEST', error.message));

const refusals: Readonly<Record<string, { readonly line: string; readonly message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    message: 'The request was not complete in time (HTTP_HEADERS_SECONDS, HTTP_REQUEST_SECONDS).',
  },
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', message: 'The headers are too large.' },
};

const malformed = { line: '400 Bad Request', message: 'Malformed HTTP request.' };

/** Answers what is not a whole HTTP request, and closes its connection. */
export const answerClientError: NonNullable<FastifyServerOptions['clientErrorHandler']> = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { line, message } = refusals[error.code] ?? malformed;
  const text = JSON.stringify(body('BAD_REQUEST', message));
  const head = [`HTTP/1.1 ${line}`, 'content-type: application/json; charset=utf-8', `content-length: ${text.length}`];
  if (socket.writable) socket.write(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${text}`);
  socket.destroy(error);
};
