import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../config/loopback.ts';
import { DomainError } from '../errors.ts';
import { quoted } from '../text.ts';
import { sparsely } from './sparse-log.ts';

/**
 * Refuses, on every route, requests that a foreign web page may have caused.
 *
 * A page can reach a service on loopback through its visitor's browser. By DNS rebinding (its own name now resolves to
 * 127.0.0.1) it even counts as the same origin and may read the answers, but its requests carry its own name as `Host`. So
 * `Host` must be a loopback name or one of `allowedHosts`, with any port. And `Origin`, which browsers add to cross-origin
 * requests and to every POST, must name the same host and port as `Host`.
 *
 * @param allowedHosts names in lower case, without a port; IPv6 addresses in brackets.
 */
export function checkHostAndOrigin(app: FastifyInstance, allowedHosts: readonly string[]): void {
  const names = new Set(allowedHosts.map((name) => readHost(name)?.name));
  const logRefusal = sparsely(({ headers }: FastifyRequest, refused) =>
    app.log.warn({ host: headers.host, origin: headers.origin, refused }, 'host or origin refused'),
  );
  app.addHook('onRequest', async (request) => {
    const refusal = hostRefusal(request, names) ?? originRefusal(request);
    if (!refusal) return;
    logRefusal(request);
    throw refusal;
  });
}

const badRequest = (message: string): DomainError => new DomainError('BAD_REQUEST', message, 400);

function hostRefusal({ raw, headers }: FastifyRequest, allowed: ReadonlySet<string | undefined>): DomainError | null {
  // An absolute target has a host of its own, which takes precedence over Host (RFC 9112, 3.2.2). Only proxies need it.
  if (!/^[/*]/.test(raw.url ?? '')) return badRequest('The request target must be a path.');
  // Node keeps the first of several Host headers; a proxy in front may have judged by another (RFC 9112, 3.2).
  const given = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  if (given > 1) return badRequest('The request has more than one Host header.');
  const host = readHost(headers.host ?? '');
  if (!host) return badRequest(`The Host header ${quoted(headers.host ?? '')} is not a valid host.`);
  if (isLoopback(host.name.replace(/^\[(.*)\]$/, '$1')) || allowed.has(host.name)) return null;
  return new DomainError(
    'HOST_NOT_ALLOWED',
    `The host name ${quoted(host.name)} is not allowed. Add it to ALLOWED_HOSTS, or use localhost.`,
    403,
  );
}

function originRefusal({ headers }: FastifyRequest): DomainError | null {
  if (headers.origin === undefined) return null;
  const [, scheme, authority] = /^(https?):\/\/([^/]+)$/i.exec(headers.origin) ?? [];
  const origin = readHost(authority ?? '');
  const host = readHost(headers.host ?? '');
  // A proxy in front may speak https where this service hears http, so the origin's scheme decides what a missing port means.
  const portOf = (port: string | null) => port ?? (scheme?.toLowerCase() === 'https' ? '443' : '80');
  if (origin && host && origin.name === host.name && portOf(origin.port) === portOf(host.port)) return null;
  return new DomainError(
    'ORIGIN_NOT_ALLOWED',
    `A web page of ${quoted(headers.origin)} may not use this service; only its own pages may.`,
    403,
  );
}

/** A host with an optional port; null where the text is anything else. Names are in lower case, without a final dot. */
function readHost(text: string): { readonly name: string; readonly port: string | null } | null {
  const [, name, port] = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/.exec(text.toLowerCase()) ?? [];
  if (name === undefined || Number(port ?? 0) > 65_535) return null;
  // An IPv6 address has many spellings, of which URL makes one.
  const canonical = name.startsWith('[') ? URL.parse(`http://${name}`)?.hostname : name.replace(/\.$/, '');
  return canonical ? { name: canonical, port: port === undefined ? null : String(Number(port)) } : null;
}
