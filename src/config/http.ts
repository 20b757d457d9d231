import { isIP } from 'node:net';
import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { wholeNumber } from './variables.ts';

/** The HTTP server's address and connections. Timeouts are checked once a second, so each may last a second longer. */
export interface HttpConfig {
  /** The address to listen on. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Host names that are accepted in addition to loopback names; see src/http/host-and-origin.ts. Includes `host`. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages that may call the service, as browsers send them. */
  readonly corsOrigins: readonly string[];
  /** Addresses or networks of proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /** From the opening of a connection, or from a request's first byte, until its headers are complete. */
  readonly headersSeconds: number;
  /** From a request's first byte until its body is complete. */
  readonly requestSeconds: number;
  /** How long a connection may be idle between two requests. */
  readonly keepAliveSeconds: number;
  /** How long a client may stop reading an answer before its connection is closed. */
  readonly stalledSeconds: number;
  /** Maximum number of open connections. Further ones are closed at once. */
  readonly maxConnections: number;
  /** How long requests in progress may take once the server closes. */
  readonly drainSeconds: number;
  /** How long the service keeps answering after SIGTERM, while it is not ready. */
  readonly shutdownDelaySeconds: number;
}

/** Without a port, because any port is accepted. An IPv6 address is in brackets, as in a URL. */
const hostName = /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])$/;

const hostNames = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== ''),
  )
  .refine((names) => names.every((name) => hostName.test(name) && URL.canParse(`http://${name}`)), {
    error: (issue) =>
      `is "${issue.input}"; it must be host names separated by commas, without scheme, port or wildcard: api.example.com, 10.0.0.5`,
  })
  .meta({ values: 'names separated by commas' });

const isHost = (text: string): boolean =>
  isIP(text) !== 0 || (hostName.test(text.toLowerCase()) && !text.includes('['));

const isOrigin = (text: string): boolean => /^https?:[^*]+$/.test(text) && URL.parse(text)?.origin === text;

const origins = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
  )
  .refine((each) => each.every(isOrigin), {
    error: (issue) =>
      `is "${issue.input}"; it must be origins separated by commas, as browsers send them: in lower case, without wildcard, ` +
      'path, final slash or default port: https://app.example.com, http://localhost:3000',
  })
  .meta({ values: 'origins separated by commas' });

const listenHost = z
  .string()
  .refine(isHost, { error: (issue) => `is "${issue.input}"; it must be an address or a host name of this machine` })
  .meta({ values: 'an address or a host name' });

/** Whether a text is an address, or a network as in 10.0.0.0/8. Not all addresses: then every client could forge its own. */
function isNetwork(text: string): boolean {
  const [, address = '', bits = '32'] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) >= 1 && Number(bits) <= (version === 4 ? 32 : 128);
}

const networks = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== ''),
  )
  .refine((each) => each.every(isNetwork), {
    error: (issue) =>
      `is "${issue.input}"; it must be addresses or networks separated by commas: 10.0.0.5, 10.1.0.0/16`,
  })
  .meta({ values: 'addresses or networks separated by commas' });

export const httpVariables = {
  HOST: listenHost
    .default('127.0.0.1')
    .describe('Address to listen on. Must be loopback unless [authentication](security.md) is configured.'),
  PORT: wholeNumber(0, 65_535).default(4000).describe('Port to listen on. 0 takes any free port.'),
  ALLOWED_HOSTS: hostNames
    .default([])
    .describe(
      '[Host names](api.md#host-and-origin) that are accepted in addition to `localhost` and loopback addresses.',
    ),
  CORS_ORIGINS: origins
    .default([])
    .describe('[Origins](api.md#host-and-origin) of web pages that may call the service, besides its own.'),
  TRUST_PROXY: networks
    .default([])
    .describe(
      'Proxies whose `X-Forwarded-For` names the client for the log. Without one, the log has the address of the connection.',
    ),
  HTTP_HEADERS_SECONDS: wholeNumber(1, 300)
    .default(10)
    .describe('Timeout for the headers of a request, in seconds. At most `HTTP_REQUEST_SECONDS`.'),
  HTTP_REQUEST_SECONDS: wholeNumber(1, 3_600)
    .default(30)
    .describe('Timeout for receiving a whole request, in seconds.'),
  // Above the 60 seconds after which most load balancers close an idle connection. The sending side must close it first.
  HTTP_KEEP_ALIVE_SECONDS: wholeNumber(1, 3_600)
    .default(75)
    .describe(
      'How long a connection stays open between two requests, in seconds. Set it above the idle timeout of a load balancer.',
    ),
  HTTP_STALLED_SECONDS: wholeNumber(1, 3_600)
    .default(30)
    .describe('How long a client may stop reading a response, in seconds.'),
  HTTP_MAX_CONNECTIONS: wholeNumber(1, 100_000)
    .default(1_000)
    .describe('Maximum number of open connections. Further ones are closed at once.'),
  DRAIN_SECONDS: wholeNumber(2, 3_600)
    .default(10)
    .describe(
      'How long requests in progress may take when the service stops, in seconds. A second before, they are cancelled and get `SERVICE_STOPPING`.',
    ),
  SHUTDOWN_DELAY_SECONDS: wholeNumber(0, 300)
    .optional()
    .meta({
      description:
        'How long the service keeps answering after SIGTERM, in seconds, while [`/readyz`](monitoring.md#probes) is 503. ' +
        'Load balancers need this time to stop sending requests.',
      unset: '5 with authentication, otherwise 0',
    }),
};

/** Kubernetes takes about this long to remove a pod from its services. */
const defaultShutdownDelaySeconds = 5;

type Read = z.output<z.ZodObject<typeof httpVariables>>;

const timeouts = z.object(httpVariables).pick({ HTTP_HEADERS_SECONDS: true, HTTP_REQUEST_SECONDS: true });

/** Adds a fault if the timeouts contradict each other. An invalid one has its own fault. */
export function checkTimeouts(set: Readonly<Record<string, string | undefined>>, faults: string[]): void {
  const { data } = timeouts.safeParse(set);
  if (!data || data.HTTP_HEADERS_SECONDS <= data.HTTP_REQUEST_SECONDS) return;
  faults.push(
    `HTTP_HEADERS_SECONDS (${data.HTTP_HEADERS_SECONDS}) is longer than HTTP_REQUEST_SECONDS (${data.HTTP_REQUEST_SECONDS}), ` +
      'which includes it; decrease the one or increase the other',
  );
}

/** Adds a fault if other machines could reach a service without authentication. */
export function checkHost(host: string | undefined, isAuthenticated: boolean, faults: string[]): void {
  if (host === undefined || isAuthenticated || isLoopback(host) || !isHost(host)) return;
  faults.push(
    `HOST is "${host}"; without authentication (API_KEYS_FILE or JWT_JWKS_URL) it must be a loopback address ` +
      '(127.0.0.1, ::1, localhost)',
  );
}

/** The name by which a client reaches the address that the service listens on; null for all addresses, or loopback. */
function ownName(host: string): string | null {
  if (isLoopback(host) || /^[0.:]+$/.test(host)) return null;
  return isIP(host) === 6 ? `[${host}]` : host.toLowerCase();
}

/** @param isAuthenticated whether other machines may use the service. */
export function httpConfig(read: Read, isAuthenticated: boolean): HttpConfig {
  const own = ownName(read.HOST);
  return {
    host: read.HOST,
    port: read.PORT,
    allowedHosts: own === null ? read.ALLOWED_HOSTS : [...read.ALLOWED_HOSTS, own],
    corsOrigins: read.CORS_ORIGINS,
    trustedProxies: read.TRUST_PROXY,
    headersSeconds: read.HTTP_HEADERS_SECONDS,
    requestSeconds: read.HTTP_REQUEST_SECONDS,
    keepAliveSeconds: read.HTTP_KEEP_ALIVE_SECONDS,
    stalledSeconds: read.HTTP_STALLED_SECONDS,
    maxConnections: read.HTTP_MAX_CONNECTIONS,
    drainSeconds: read.DRAIN_SECONDS,
    shutdownDelaySeconds: read.SHUTDOWN_DELAY_SECONDS ?? (isAuthenticated ? defaultShutdownDelaySeconds : 0),
  };
}
