import { z } from 'zod';
import { wholeNumber } from './numbers.ts';

/** How the HTTP server treats connections. Time-outs are checked once a second, so each may last a second longer. */
export interface HttpConfig {
  /** Where to listen. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Host names that are accepted in addition to loopback names; see src/http/host-and-origin.ts. */
  readonly allowedHosts: readonly string[];
  /** From the opening of a connection, or from a request's first byte, until its headers are complete. */
  readonly headersSeconds: number;
  /** From a request's first byte until its body is complete. */
  readonly requestSeconds: number;
  /** How long a connection may stay idle between two requests. */
  readonly keepAliveSeconds: number;
  /** How long a client may stop reading an answer before its connection is closed. */
  readonly stalledSeconds: number;
  /** Connections at a time; a further one is closed at once. */
  readonly maxConnections: number;
}

/** Without a port, as the service answers under any. An IPv6 address stands in brackets, as in a URL. */
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
  });

/** The variables of the HTTP server, with their defaults. HOST and PORT are in src/config.ts. */
export const httpVariables = {
  ALLOWED_HOSTS: hostNames.default([]),
  HTTP_HEADERS_SECONDS: wholeNumber(1, 300).default(10),
  HTTP_REQUEST_SECONDS: wholeNumber(1, 3_600).default(30),
  // Above the 60 seconds after which most load balancers drop an idle connection: the side that sends must drop it first.
  HTTP_KEEP_ALIVE_SECONDS: wholeNumber(1, 3_600).default(75),
  HTTP_STALLED_SECONDS: wholeNumber(1, 3_600).default(30),
  HTTP_MAX_CONNECTIONS: wholeNumber(1, 100_000).default(1_000),
};

type Read = z.output<z.ZodObject<typeof httpVariables>> & { readonly HOST: string; readonly PORT: number };

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
