import type { FastifyError, FastifyInstance, FastifyServerOptions } from 'fastify';
import { DomainError } from '../errors.ts';

/** The body of an answer to a request that never became a GraphQL operation, in GraphQL's shape. */
const body = (code: string, message: string) => ({ errors: [{ message, extensions: { code } }] });

/** A request that never reaches Apollo (no JSON, too large, a foreign host) is answered in GraphQL's shape too. */
export function answerInShape(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error instanceof DomainError) {
      const { code, http } = error.extensions;
      return reply.status(http.status).send(body(code, error.message));
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) throw error;
    return reply.status(status).send(body('BAD_REQUEST', error.message));
  });
}

const refusals: Readonly<Record<string, { readonly line: string; readonly message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    message: 'The request was not complete in time (HTTP_HEADERS_SECONDS, HTTP_REQUEST_SECONDS).',
  },
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', message: 'The headers are too large.' },
};

const noHttp = { line: '400 Bad Request', message: 'This is not an HTTP request.' };

/** Answers what is not a whole HTTP request, and closes its connection. */
export const answerClientError: NonNullable<FastifyServerOptions['clientErrorHandler']> = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { line, message } = refusals[error.code] ?? noHttp;
  const text = JSON.stringify(body('BAD_REQUEST', message));
  const head = [`HTTP/1.1 ${line}`, 'content-type: application/json; charset=utf-8', `content-length: ${text.length}`];
  if (socket.writable) socket.write(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${text}`);
  socket.destroy(error);
};
