import { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { wholeNumber } from './variables.ts';

/** The HTTP server's address and connections. Timeouts are checked once a second, so each may last a second longer. */
export interface HttpConfig {
  /** The address to listen on. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Host names that are accepted in addition to loopback names; see src/http/host-and-origin.ts. */
  readonly allowedHosts: readonly string[];
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

const loopback = z
  .string()
  .refine(isLoopback, {
    error: (issue) =>
      `is "${issue.input}"; it must be a loopback address (127.0.0.1, ::1, localhost), because there is no authentication yet`,
  })
  .meta({ values: 'a loopback address' });

export const httpVariables = {
  HOST: loopback
    .default('127.0.0.1')
    .describe('Address to listen on. Only loopback is accepted, because there is no authentication yet.'),
  PORT: wholeNumber(0, 65_535).default(4000).describe('Port to listen on. 0 takes any free port.'),
  ALLOWED_HOSTS: hostNames
    .default([])
    .describe(
      '[Host names](api.md#host-and-origin) that are accepted in addition to `localhost` and loopback addresses.',
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
};

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

export function httpConfig(read: Read): HttpConfig {
  return {
    host: read.HOST,
    port: read.PORT,
    allowedHosts: read.ALLOWED_HOSTS,
    headersSeconds: read.HTTP_HEADERS_SECONDS,
    requestSeconds: read.HTTP_REQUEST_SECONDS,
    keepAliveSeconds: read.HTTP_KEEP_ALIVE_SECONDS,
    stalledSeconds: read.HTTP_STALLED_SECONDS,
    maxConnections: read.HTTP_MAX_CONNECTIONS,
  };
}
