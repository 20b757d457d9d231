import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { HttpConfig } from '../config/http.ts';
import { isLoopback } from '../config/loopback.ts';
import { DomainError } from '../errors.ts';
import { quoted } from '../text.ts';
import { isSignalRoute } from './signal-routes.ts';
import { throttledLog } from './throttled-log.ts';

/**
 * Rejects, on every route but those of `isSignalRoute`, requests that a foreign web page may have sent.
 *
 * A web page can reach a service on loopback through its visitor's browser. With DNS rebinding (its own name resolves to
 * 127.0.0.1) it even has the same origin and can read responses, but its requests carry its own name as `Host`. So `Host`
 * must be a loopback name or one of `allowedHosts`, with any port. `Origin`, which browsers add to cross-origin requests
 * and to every POST, must have the same host and port as `Host`, or be one of `corsOrigins`.
 *
 * @param allowedHosts lower-case names without port; IPv6 addresses in brackets.
 * @param corsOrigins exact origins, as browsers send them.
 */
export function checkHostAndOrigin(
  app: FastifyInstance,
  { allowedHosts, corsOrigins }: Pick<HttpConfig, 'allowedHosts' | 'corsOrigins'>,
): void {
  const names = new Set(allowedHosts.map((name) => readHost(name)?.name));
  const origins = new Set(corsOrigins);
  const logRefusal = throttledLog(({ headers }: FastifyRequest, rejected) =>
    app.log.warn({ host: headers.host, origin: headers.origin, rejected }, 'host or origin rejected'),
  );
  app.addHook('onRequest', (request, _reply, done) => {
    const isExempt = isSignalRoute(request.routeOptions.url);
    const refusal = isExempt ? null : (hostRefusal(request, names) ?? originRefusal(request, origins));
    if (refusal) logRefusal(request);
    done(refusal ?? undefined);
  });
}

const badRequest = (message: string): DomainError => new DomainError('BAD_REQUEST', message, 400);

function hostRefusal({ raw, headers }: FastifyRequest, allowed: ReadonlySet<string | undefined>): DomainError | null {
  // The host of an absolute target takes precedence over Host (RFC 9112, 3.2.2). Only proxies need such targets.
  if (!/^[/*]/.test(raw.url ?? '')) return badRequest('The request target must be a path.');
  // Node keeps the first of several Host headers; a proxy may have checked another one (RFC 9112, 3.2).
  const hostHeaders = raw.rawHeaders.filter((name, at) => at % 2 === 0 && isHost(name)).length;
  if (hostHeaders > 1) return badRequest('The request has more than one Host header.');
  const host = readHost(headers.host ?? '');
  if (!host) return badRequest(`The Host header ${quoted(headers.host ?? '')} is not a valid host.`);
  if (isLoopback(host.name.replace(/^\[(.*)\]$/, '$1')) || allowed.has(host.name)) return null;
  return new DomainError(
    'HOST_NOT_ALLOWED',
    `The host name ${quoted(host.name)} is not allowed. Add it to ALLOWED_HOSTS, or use localhost.`,
    403,
  );
}

/** Runs for every header of every request, so it compares the length first. */
const isHost = (name: string): boolean => name.length === 4 && name.toLowerCase() === 'host';

function originRefusal({ headers }: FastifyRequest, allowed: ReadonlySet<string>): DomainError | null {
  if (headers.origin === undefined || allowed.has(headers.origin)) return null;
  const [, scheme, authority] = /^(https?):\/\/([^/]+)$/i.exec(headers.origin) ?? [];
  const origin = readHost(authority ?? '');
  const host = readHost(headers.host ?? '');
  // A proxy may terminate TLS, so the default port follows from the scheme of the origin.
  const portOf = (port: string | null) => port ?? (scheme?.toLowerCase() === 'https' ? '443' : '80');
  if (origin && host && origin.name === host.name && portOf(origin.port) === portOf(host.port)) return null;
  return new DomainError(
    'ORIGIN_NOT_ALLOWED',
    `Web pages of ${quoted(headers.origin)} must not call this service. Its own page may, and those of CORS_ORIGINS. ` +
      'A proxy must pass on the Host header unchanged.',
    403,
  );
}

/** Parses `host` or `host:port`; null if malformed. Names are lower-cased, without a trailing dot. */
function readHost(text: string): { readonly name: string; readonly port: string | null } | null {
  const [, name, port] = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/.exec(text.toLowerCase()) ?? [];
  if (name === undefined || Number(port ?? 0) > 65_535) return null;
  // URL normalizes the many spellings of an IPv6 address.
  const canonical = name.startsWith('[') ? URL.parse(`http://${name}`)?.hostname : name.replace(/\.$/, '');
  return canonical ? { name: canonical, port: port === undefined ? null : String(Number(port)) } : null;
}
