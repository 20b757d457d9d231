import { z } from 'zod';
import { wholeNumber } from './variables.ts';

export interface TelemetryConfig {
  /** How often the stores of a healthy service are checked at most, for `/readyz` and `/metrics`. */
  readonly readyCheckSeconds: number;
  /** Where traces are sent; null: nowhere. */
  readonly traces: TracesConfig | null;
}

export interface TracesConfig {
  /** Base URL of a receiver of OTLP over HTTP. */
  readonly endpoint: string;
  /** Share of the requests without a caller's decision that are traced, 0 to 1. */
  readonly ratio: number;
}

const isHttpUrl = (text: string): boolean => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');

const ratio = z
  .string()
  .refine((text) => /^(0(\.\d+)?|1(\.0+)?)$/.test(text), {
    error: (issue) => `is "${issue.input}"; it must be a number from 0 to 1: 0.1`,
  })
  .transform(Number)
  .meta({ values: '0 to 1' });

export const telemetryVariables = {
  READY_CHECK_SECONDS: wholeNumber(1, 86_400)
    .default(10)
    .describe(
      'How often probes and Prometheus may let the service check its stores, in seconds. On Redshift Serverless each check is a ' +
        'query that costs money: set a longer time.',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine(isHttpUrl, { error: 'must be an http:// or https:// URL' })
    .optional()
    .meta({
      description: 'Base URL of a receiver of [traces](monitoring.md#traces) (OTLP over HTTP).',
      values: 'a URL',
      unset: 'no traces',
    }),
  OTEL_TRACES_SAMPLER_ARG: ratio
    .default(1)
    .describe('Share of requests that are traced. A `traceparent` of the caller takes precedence.'),
};

type Read = z.output<z.ZodObject<typeof telemetryVariables>>;

export function telemetryConfig(read: Read): TelemetryConfig {
  const endpoint = read.OTEL_EXPORTER_OTLP_ENDPOINT;
  return {
    readyCheckSeconds: read.READY_CHECK_SECONDS,
    traces: endpoint === undefined ? null : { endpoint, ratio: read.OTEL_TRACES_SAMPLER_ARG },
  };
}
