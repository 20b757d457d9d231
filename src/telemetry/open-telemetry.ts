import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracesConfig } from '../config/telemetry.ts';
import { settlesWithin } from '../db/timeout.ts';
import type { TracedRequest, Tracing } from './tracing.ts';

const serviceName = 'attribution-api';
/** How long the end of the process may wait for the receiver. */
const closeMilliseconds = 3_000;

/**
 * Starts to send traces. The exporter also reads the standard variables for its headers, certificates and time limits.
 *
 * @param onFailure called with each failure of the receiver.
 */
export function startTracing({ endpoint, ratio }: TracesConfig, onFailure: (message: string) => void): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence.
    resource: resourceFromAttributes({ 'service.name': serviceName }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: reportFailures(exporter, onFailure) })],
  });
  const tracer = provider.getTracer(serviceName);
  const propagator = new W3CTraceContextPropagator();
  /** The context of the request in progress. Not the global one of the library, so that tests can start several services. */
  const current = new AsyncLocalStorage<Context>();

  return {
    requestStarted: (headers) => {
      const parent = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const span = tracer.startSpan('request', { kind: SpanKind.SERVER }, parent);
      return {
        run: (work) => current.run(trace.setSpan(parent, span), work),
        end: (request) => {
          span.updateName(request.operation ?? `${request.method} ${request.route ?? ''}`.trim());
          span.setAttributes(attributesOf(request));
          if (request.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR, message: request.code });
          span.end();
        },
      };
    },
    queryEnded: (store, { name, outcome, startedAt, milliseconds }) => {
      const parent = current.getStore();
      if (!parent) return;
      const startTime = performance.timeOrigin + startedAt;
      const attributes = { 'db.operation.name': name, 'attribution.store': store, 'attribution.outcome': outcome };
      const span = tracer.startSpan(`${store} ${name}`, { kind: SpanKind.CLIENT, startTime, attributes }, parent);
      if (outcome !== 'ok') span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
      span.end(startTime + milliseconds);
    },
    adsuite: ({ kind, isRepeated, runId }) => {
      const parent = current.getStore() ?? ROOT_CONTEXT;
      const attributes = {
        'http.request.method': kind === 'push' ? 'POST' : 'GET',
        'attribution.repeated': isRepeated,
        ...(runId === null ? {} : { 'attribution.push_run': runId }),
      };
      const span = tracer.startSpan(`adsuite ${kind}`, { kind: SpanKind.CLIENT, attributes }, parent);
      const headers: Record<string, string> = {};
      propagator.inject(trace.setSpan(parent, span), headers, defaultTextMapSetter);
      return {
        headers,
        end: (status) => {
          if (status !== null) span.setAttribute('http.response.status_code', status);
          if (status !== 200) span.setStatus({ code: SpanStatusCode.ERROR, message: String(status ?? 'no answer') });
          span.end();
        },
      };
    },
    outgoing: () => {
      const headers: Record<string, string> = {};
      const context = current.getStore();
      if (context) propagator.inject(context, headers, defaultTextMapSetter);
      return headers;
    },
    continued: (outgoing, work) => {
      if (Object.keys(outgoing).length === 0) return work();
      return current.run(propagator.extract(ROOT_CONTEXT, outgoing, defaultTextMapGetter), work);
    },
    close: async () => void (await settlesWithin(provider.shutdown(), closeMilliseconds)),
  };
}

/** The same exporter; its failures are otherwise known to the library only. */
const reportFailures = (exporter: SpanExporter, onFailure: (message: string) => void): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) onFailure(result.error?.message ?? 'unknown');
      done(result);
    }),
  shutdown: () => exporter.shutdown(),
});

const attributesOf = ({ method, route, operation, requestId, role, status, code }: TracedRequest): Attributes => ({
  'http.request.method': method,
  'http.response.status_code': status,
  'attribution.request_id': requestId,
  'attribution.code': code,
  ...(route === null ? {} : { 'http.route': route }),
  ...(operation === null ? {} : { 'graphql.operation.name': operation }),
  ...(role === null ? {} : { 'attribution.role': role }),
});
