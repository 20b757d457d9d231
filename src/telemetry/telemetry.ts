import type { EndedQuery } from '../db/observation.ts';
import type { ObserveRequest } from '../push/adsuite/request-observer.ts';
import { Metrics, type StoreName } from './metrics.ts';
import type { Tracing } from './tracing.ts';

/** What watches a service: metrics always, traces if they are configured. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly tracing: Tracing | null;
  readonly queryEnded: Readonly<Record<StoreName, (ended: EndedQuery) => void>>;
  readonly observeRequest: ObserveRequest;
  /** Whether the service is about to stop. From then on it is not ready, but still answers. */
  readonly isDraining: boolean;
  drain(): void;
}

/** @param ofProcess whether to measure the process itself, once per process. */
export function createTelemetry(tracing: Tracing | null = null, ofProcess = false): Telemetry {
  const metrics = new Metrics(ofProcess);
  let isDraining = false;
  const queryEnded = (store: StoreName) => (ended: EndedQuery) => {
    metrics.queryEnded(store, ended);
    tracing?.queryEnded(store, ended);
  };
  return {
    metrics,
    tracing,
    queryEnded: { warehouse: queryEnded('warehouse'), ledger: queryEnded('ledger') },
    observeRequest: (request) => {
      const startedAt = performance.now();
      const traced = tracing?.adsuite(request);
      return {
        headers: traced?.headers ?? {},
        end: (status) => {
          metrics.adsuiteEnded(request, status, performance.now() - startedAt);
          traced?.end(status);
        },
      };
    },
    get isDraining() {
      return isDraining;
    },
    drain: () => {
      isDraining = true;
    },
  };
}
