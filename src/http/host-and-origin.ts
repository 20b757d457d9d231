import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../config/loopback.ts';
import { DomainError } from '../errors.ts';
import { quoted } from '../text.ts';

/**
 * Refuses, on every route, requests that a foreign web page may have caused.
 *
 * A page can reach a service on loopback through its visitor's browser. By DNS rebinding (its own name now resolves to
 * 127.0.0.1) it even counts as the same origin and may read the answers, but its requests carry its own name as `Host`. So
 * `Host` must be a loopback name or one of `allowedHosts`, with any port. And `Origin`, which browsers add to cross-origin
 * requests and to every POST, must name the same host and port as `Host`.
 *
 * @param allowedHosts names in lower case, without a port.
 */
export function checkHostAndOrigin(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const names = new Set(allowedHosts.map((name) => hostOf(name, 'http')?.hostname));
  app.addHook('onRequest', async (request) => {
    const refusal = hostRefusal(request, names) ?? originRefusal(request);
    if (!refusal) return;
    request.log.info({ host: request.headers.host, origin: request.headers.origin }, 'host or origin refused');
    throw refusal;
  });
}

function hostRefusal({ raw, headers }: FastifyRequest, allowed: ReadonlySet<string | undefined>): DomainError | null {
  // Node keeps the first of several Host headers; a proxy in front may have judged by another (RFC 9112, 3.2).
  const given = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (given > 1) return new DomainError('BAD_REQUEST', 'The request has more than one Host header.', 400);
  const host = hostOf(headers.host ?? '', 'http');
  if (!host) return new DomainError('BAD_REQUEST', `The Host header ${quoted(headers.host ?? '')} is no host.`, 400);
  const name = host.hostname.replace(/\.$/, '');
  if (isLoopback(name.replace(/^\[(.*)\]$/, '$1')) || allowed.has(name)) return null;
  return new DomainError(
    'HOST_NOT_ALLOWED',
    `This service does not answer under the host name ${quoted(name)}. Add it to ALLOWED_HOSTS, or use localhost.`,
    403,
  );
}

function originRefusal({ headers }: FastifyRequest): DomainError | null {
  if (headers.origin === undefined) return null;
  const origin = URL.parse(headers.origin);
  // Compared under the origin's scheme, as a proxy in front may speak https where this service hears http.
  if (origin?.host && origin.host === hostOf(headers.host ?? '', origin.protocol)?.host) return null;
  return new DomainError(
    'ORIGIN_NOT_ALLOWED',
    `A web page of ${quoted(headers.origin)} may not use this service; only its own pages may.`,
    403,
  );
}

/** A host with an optional port as a URL, which normalizes it; null where the text is anything else. */
function hostOf(text: string, scheme: string): URL | null {
  if (!/^([^\s/?#@\\:[\]]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(text)) return null;
  return URL.parse(`${scheme.replace(/:$/, '')}://${text}`);
}
