import type { IncomingHttpHeaders } from 'node:http';
import type { EndedQuery } from '../db/observation.ts';
import type { ObserveRequest } from '../push/adsuite/request-observer.ts';
import type { StoreName } from './metrics.ts';

/** What the span of a request says when it has ended. Neither names of callers nor values of arguments. */
export interface TracedRequest {
  readonly method: string;
  /** The path of the route, not of the request; null: there is none. */
  readonly route: string | null;
  readonly operation: string | null;
  readonly requestId: string;
  readonly role: string | null;
  readonly status: number;
  readonly code: string;
}

/** The span of a request. */
export interface RequestSpan {
  /** Runs work whose queries become parts of this span. */
  run(work: () => void): void;
  end(request: TracedRequest): void;
}

/** Traces in progress. Implemented by src/telemetry/open-telemetry.ts, which is loaded only if traces are configured. */
export interface Tracing {
  /** Begins the span of a request, as a part of the caller's trace if it sent `traceparent`. */
  requestStarted(headers: IncomingHttpHeaders): RequestSpan;
  /** Adds the span of a query to the request that has sent it. Other queries have none. */
  queryEnded(store: StoreName, query: EndedQuery): void;
  readonly adsuite: ObserveRequest;
  /** The headers that continue the current request's trace elsewhere; empty without one. */
  outgoing(): Readonly<Record<string, string>>;
  /** Runs work as a part of the trace of `outgoing`; outside of any trace if it is empty. */
  continued<Result>(outgoing: Readonly<Record<string, string>>, work: () => Result): Result;
  /** Sends what is left, for a few seconds at most. */
  close(): Promise<void>;
}
