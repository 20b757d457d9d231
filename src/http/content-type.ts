import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors.ts';
import { quoted } from '../text.ts';

/**
 * Rejects bodies that are not in UTF-8, or compressed. JSON is UTF-8 (RFC 8259, 8.1), and Fastify reads any body as such: one
 * in another charset would be misread, and a proxy that obeys the charset would check another text.
 */
export function checkContentType(app: FastifyInstance): void {
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    checkHeaders(headers);
    done();
  });
}

function checkHeaders(headers: IncomingHttpHeaders): void {
  if (headers['content-type'] !== 'application/json') {
    const charsets = [...(headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*"?([^\s;"]*)/gi)];
    const other = charsets.map(([, name = '']) => name).find((name) => !/^utf-?8$/i.test(name));
    if (other !== undefined) throw unsupported(`The charset ${quoted(other)} is not supported. Send UTF-8.`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw unsupported(`The content encoding ${quoted(encoding)} is not supported. Send the body uncompressed.`);
}

const unsupported = (message: string): DomainError => new DomainError('BAD_REQUEST', message, 415);
