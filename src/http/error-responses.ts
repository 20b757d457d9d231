import type { FastifyError, FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import { DomainError, type ErrorCode } from '../errors.ts';
import { recordRefusal } from './request-outcome.ts';

/** An error body in GraphQL's format, for requests that do not reach Apollo. */
const errorBody = (code: ErrorCode, message: string, details: Readonly<Record<string, string>> = {}) => ({
  errors: [{ message, extensions: { code, ...details } }],
});

/** Set for each error: the response may have begun with another type. */
const json = 'application/json; charset=utf-8';

/** By default, a cache may keep some errors (RFC 9110, 15.1), which depend on the caller and on the moment. */
const notStored = ['cache-control', 'no-store'] as const;

/**
 * Sends errors of requests that do not reach Apollo (invalid JSON, too large, rejected host, unknown path) in GraphQL's
 * format too. Masks unexpected ones, and logs them under the id of the request. No error, of Apollo either, is to be stored.
 */
export function formatErrorResponses(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode >= 400) reply.header(...notStored);
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof DomainError) {
      const { code, http } = error.extensions;
      recordRefusal(request, code);
      return reply
        .status(http.status)
        .headers(Object.fromEntries(http.headers ?? []))
        .type(json)
        .send(errorBody(code, error.message));
    }
    if ((error.statusCode ?? 500) < 500) return sendBadRequest(error, reply);
    // The client left during a compressed response: nothing failed, and a client must not fill the log.
    const hasLeft = error.code === 'ERR_STREAM_PREMATURE_CLOSE' && reply.raw.closed;
    if (!hasLeft) app.log.error({ errorId: request.id, err: error }, 'request failed');
    const message = `Internal error. Details are in the log of the service under error id ${request.id}.`;
    return reply
      .status(error.statusCode ?? 500)
      .type(json)
      .send(errorBody('INTERNAL_SERVER_ERROR', message, { errorId: request.id }));
  });
}

/** Also for errors that Fastify finds before routing, for example a malformed path: hooks do not see them. */
export const sendBadRequest = (error: FastifyError, reply: FastifyReply): FastifyReply =>
  reply
    .status(error.statusCode ?? 400)
    .header(...notStored)
    .type(json)
    .send(errorBody('BAD_REQUEST', error.message));

const clientErrors: Readonly<Record<string, { readonly line: string; readonly message: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    message: 'The request did not arrive in time (HTTP_HEADERS_SECONDS, HTTP_REQUEST_SECONDS).',
  },
  HPE_HEADER_OVERFLOW: { line: '431 Request Header Fields Too Large', message: 'The headers are too large.' },
};

const malformed = { line: '400 Bad Request', message: 'Malformed HTTP request.' };

/** Responds to incomplete or malformed HTTP and closes the connection. */
export const handleClientError: NonNullable<FastifyServerOptions['clientErrorHandler']> = (error, socket) => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const { line, message } = clientErrors[error.code] ?? malformed;
  const text = JSON.stringify(errorBody('BAD_REQUEST', message));
  const head = [
    `HTTP/1.1 ${line}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${text.length}`,
    notStored.join(': '),
  ];
  if (socket.writable) socket.write(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${text}`);
  socket.destroy(error);
};
