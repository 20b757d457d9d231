import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The JSON text that the client sent; null: none. */
    bodyText: string | null;
  }
}

/** Keeps the text of JSON bodies beside their values. */
export function keepBodyText(app: FastifyInstance): void {
  app.decorateRequest('bodyText', null);
  // As strict as the default of Fastify.
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    request.bodyText = body as string;
    parse(request, body as string, done);
  });
}

/** The headers besides `If-None-Match` and `Accept-Encoding` that decide a GraphQL answer, or whether there is one. */
const decidingHeaders = ['content-type', 'accept', 'x-apollo-operation-name', 'apollo-require-preflight'] as const;

/**
 * Identifies requests that get the same answer from the same data: everything that GraphQL reads of a request, and the caller's
 * rights, are part of the key. The schema and the settings are not, as a process has one of each. The texts are compared as they
 * were sent, so that no two requests that differ in a digit count as the same.
 *
 * @returns null for requests that have no JSON body or query, for which GraphQL has only an error.
 */
export function requestKey(request: FastifyRequest): string | null {
  const { method, caller, headers } = request;
  const text = method === 'POST' ? request.bodyText : method === 'GET' ? request.url : null;
  if (text === null || caller === null) return null;
  const rights = [caller.role, ...caller.restrictions];
  // JSON has no line break of its own, so that the text can't pass for a part of it.
  const others = JSON.stringify([method, rights, decidingHeaders.map((name) => headers[name])]);
  return hash('sha256', `${others}\n${text}`, 'base64');
}
