import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type EndedQuery, type PoolState, type SnapshotState, snapshotOutcomes } from '../db/observation.ts';
import type { AdsuiteRequest } from '../push/adsuite/request-observer.ts';
import { type BreakerState, breakerStates, type RowState } from '../push/types.ts';
import { LabelValues } from './label-values.ts';

export const stores = ['warehouse', 'ledger'] as const;

export type StoreName = (typeof stores)[number];

/** A request that has ended. */
export interface EndedRequest {
  /** The path of the route, not of the request; null: there is none. */
  readonly route: string | null;
  /** The name of the GraphQL operation; null if it has none. Set once the operation is valid. */
  readonly operation: string | null;
  /** `OK`, a code of an error, or `NOT_READY` of a probe. */
  readonly code: string;
  /** Whether it was refused before anything was executed. */
  readonly isRefused: boolean;
  readonly milliseconds: number;
}

/** What is measured when Prometheus asks. */
export interface Sample {
  readonly isReady: boolean;
  readonly stores: Readonly<Record<StoreName, { readonly isUp: boolean; readonly pools: readonly PoolState[] }>>;
  /** In seconds; null: unknown. */
  readonly buildAge: number | null;
  readonly dataLag: number | null;
  /** Null: unknown. */
  readonly backlog: { readonly pendingRows: number; readonly oldestSeconds: number | null } | null;
  /** Null: this process does not push. */
  readonly breaker: BreakerState | null;
  /** Null: it is turned off. */
  readonly snapshot: SnapshotState | null;
}

/** Distinct operation names. Documents of clients are few; an attacker's are not. */
const maxOperations = 200;
const maxOperationLength = 64;

const requestBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const queryBuckets = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The metrics of a process. docs/monitoring.md lists them. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #operations = new LabelValues(maxOperations, maxOperationLength);

  readonly #requests = new Histogram({
    name: 'attribution_request_duration_seconds',
    help: 'Duration of HTTP requests by route, GraphQL operation and outcome.',
    labelNames: ['route', 'operation', 'code'],
    buckets: requestBuckets,
    registers: [this.#registry],
  });
  readonly #refused = this.#counter(
    'attribution_requests_refused_total',
    'Requests that were refused before anything was executed.',
    ['code'],
  );
  readonly #inFlight = this.#gauge('attribution_requests_in_flight', 'Requests that are being answered.');
  readonly #reused = this.#counter(
    'attribution_answers_total',
    'Answers that depend on the build only, by whether they were kept, shared with a request in flight, or computed.',
    ['from'],
  );
  readonly #kept = this.#gauge('attribution_kept_answers', 'Answers that are kept.');
  readonly #keptBytes = this.#gauge('attribution_kept_answers_bytes', 'Memory of the answers that are kept.');
  readonly #evicted = this.#counter(
    'attribution_kept_answers_evicted_total',
    'Kept answers that made room for others (KEPT_ANSWERS_MAX_MB).',
    [],
  );
  readonly #exports = this.#gauge('attribution_exports_in_progress', 'Exports that are running.');
  readonly #exportedRows = this.#counter('attribution_export_rows_total', 'Rows that exports have sent.', ['format']);
  readonly #queries = new Histogram({
    name: 'attribution_query_duration_seconds',
    help: 'Duration of queries by store, name and outcome, including the wait for a connection.',
    labelNames: ['store', 'query', 'outcome'],
    buckets: queryBuckets,
    registers: [this.#registry],
  });
  readonly #adsuite = new Histogram({
    name: 'attribution_adsuite_request_duration_seconds',
    help: 'Duration of requests to AdSuite by kind, HTTP status, and whether the batch was attempted before.',
    labelNames: ['kind', 'status', 'repeated'],
    buckets: requestBuckets,
    registers: [this.#registry],
  });
  readonly #rows = this.#counter('attribution_push_rows_total', 'Pushed rows that got a result from this process.', [
    'outcome',
  ]);
  readonly #ready = this.#gauge('attribution_ready', 'Whether the service is ready (/readyz): 1 or 0.');
  readonly #up = this.#gauge('attribution_store_up', 'Whether the last check of a store succeeded: 1 or 0.', ['store']);
  readonly #connections = this.#gauge('attribution_pool_connections', 'Open connections to a store.', [
    'store',
    'pool',
    'state',
  ]);
  readonly #maxConnections = this.#gauge('attribution_pool_connections_max', 'Maximum number of connections.', [
    'store',
    'pool',
  ]);
  readonly #waiting = this.#gauge('attribution_pool_waiting', 'Queries that wait for a connection.', ['store', 'pool']);
  readonly #buildAge = this.#gauge('attribution_build_age_seconds', 'Time since the newest build finished.');
  readonly #dataLag = this.#gauge('attribution_data_lag_seconds', 'Age of the data, as dataStatus.lagSeconds.');
  readonly #pending = this.#gauge('attribution_push_pending_rows', 'Rows of running pushes without a result.');
  readonly #oldest = this.#gauge(
    'attribution_push_oldest_pending_seconds',
    'Time since the oldest push with pending rows started; 0 if there is none.',
  );
  readonly #breaker = this.#gauge(
    'attribution_push_breaker_state',
    'State of the circuit breaker: 1 for the current state.',
    ['state'],
  );
  readonly #threadEnds = this.#counter(
    'attribution_push_thread_ends_total',
    'How often the thread of pushes ended unexpectedly, and was started again.',
    [],
  );
  readonly #threadHeap = this.#gauge(
    'attribution_push_thread_heap_bytes',
    'Memory of objects of the thread of pushes, as of its last query; 0 while it does not run.',
  );
  readonly #snapshotBytes = this.#gauge('attribution_snapshot_bytes', 'Memory of the snapshot of a build, estimated.');
  readonly #snapshotRows = this.#gauge('attribution_snapshot_rows', 'Rows of the snapshot.');
  readonly #snapshotBuild = this.#gauge('attribution_snapshot_build', 'Number of the build of the snapshot.');
  readonly #snapshotFill = this.#gauge('attribution_snapshot_fill_seconds', 'Duration of the last fill of a snapshot.');
  readonly #snapshotFills = this.#counter(
    'attribution_snapshot_fills_total',
    'Snapshots that were filled, or not, by outcome.',
    ['outcome'],
  );
  readonly #snapshotAnswers = this.#counter(
    'attribution_snapshot_answers_total',
    'Questions that the snapshot is asked first, by what answered them.',
    ['source'],
  );

  // Of each request, so they become values of gauges only when Prometheus asks.
  #requestsInFlight = 0;
  #answersKept = { entries: 0, bytes: 0 };

  /** @param ofProcess whether to measure the process itself (memory, CPU, event loop), once per process. */
  constructor(ofProcess = false) {
    if (ofProcess) collectDefaultMetrics({ register: this.#registry });
  }

  /** All metrics, for the documentation. */
  describe() {
    const types = new Map<unknown, string>([
      [Counter, 'counter'],
      [Gauge, 'gauge'],
      [Histogram, 'histogram'],
    ]);
    return this.#registry.getMetricsAsArray().map((metric) => {
      const { name, labelNames } = metric as typeof metric & { readonly labelNames: readonly string[] };
      return { name, type: types.get(metric.constructor) ?? '', labels: [...labelNames] };
    });
  }

  requestStarted(): void {
    this.#requestsInFlight += 1;
  }

  requestEnded({ route, operation, code, isRefused, milliseconds }: EndedRequest): void {
    this.#requestsInFlight -= 1;
    const labels = { route: route ?? 'none', operation: this.#operations.bounded(operation ?? ''), code };
    this.#requests.observe(labels, milliseconds / 1000);
    if (isRefused) this.#refused.inc({ code });
  }

  /** @param from where a request got its answer. */
  answerReused(from: 'kept' | 'shared' | 'computed'): void {
    this.#reused.inc({ from });
  }

  answersKept({ entries, bytes }: { readonly entries: number; readonly bytes: number }): void {
    this.#answersKept = { entries, bytes };
  }

  answerEvicted(): void {
    this.#evicted.inc();
  }

  exportStarted(): void {
    this.#exports.inc();
  }

  exportEnded(): void {
    this.#exports.dec();
  }

  rowsExported(format: string, rows: number): void {
    this.#exportedRows.inc({ format }, rows);
  }

  queryEnded(store: StoreName, { name, outcome, milliseconds }: EndedQuery): void {
    this.#queries.observe({ store, query: name, outcome }, milliseconds / 1000);
  }

  /** @param status of the answer; null: there was none. */
  adsuiteEnded({ kind, isRepeated }: AdsuiteRequest, status: number | null, milliseconds: number): void {
    const labels = { kind, status: String(status ?? 'none'), repeated: String(isRepeated) };
    this.#adsuite.observe(labels, milliseconds / 1000);
  }

  /** @param settled how many rows got a result, by state. */
  rowsSettled(settled: Readonly<Partial<Record<RowState, number>>>): void {
    for (const [outcome, rows] of Object.entries(settled)) this.#rows.inc({ outcome }, rows);
  }

  /** The thread of pushes ended unexpectedly. */
  pushThreadEnded(): void {
    this.#threadEnds.inc();
    this.#threadHeap.set(0);
  }

  /** @param bytes memory of the objects of the thread of pushes. */
  pushThreadHeap(bytes: number): void {
    this.#threadHeap.set(bytes);
  }

  /** All metrics in Prometheus' text format. What is unknown is omitted. */
  async text(sample: Sample): Promise<{ readonly contentType: string; readonly body: string }> {
    this.#ready.set(Number(sample.isReady));
    this.#inFlight.set(this.#requestsInFlight);
    this.#kept.set(this.#answersKept.entries);
    this.#keptBytes.set(this.#answersKept.bytes);
    for (const gauge of [this.#connections, this.#maxConnections, this.#waiting]) gauge.reset();
    for (const store of stores) this.#setStore(store, sample.stores[store]);
    setOrOmit(this.#buildAge, sample.buildAge);
    setOrOmit(this.#dataLag, sample.dataLag);
    setOrOmit(this.#pending, sample.backlog?.pendingRows ?? null);
    setOrOmit(this.#oldest, sample.backlog && (sample.backlog.oldestSeconds ?? 0));
    this.#breaker.reset();
    if (sample.breaker) {
      for (const state of breakerStates) this.#breaker.set({ state }, Number(state === sample.breaker));
    }
    this.#setSnapshot(sample.snapshot);
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #setStore(store: StoreName, { isUp, pools }: Sample['stores'][StoreName]): void {
    this.#up.set({ store }, Number(isUp));
    for (const { name: pool, max, inUse, idle, waiting } of pools) {
      this.#connections.set({ store, pool, state: 'in_use' }, inUse);
      this.#connections.set({ store, pool, state: 'idle' }, idle);
      this.#maxConnections.set({ store, pool }, max);
      this.#waiting.set({ store, pool }, waiting);
    }
  }

  #setSnapshot(snapshot: SnapshotState | null): void {
    const current = snapshot?.current ?? null;
    setOrOmit(this.#snapshotBytes, snapshot && (current?.bytes ?? 0));
    setOrOmit(this.#snapshotRows, snapshot && (current?.rows ?? 0));
    setOrOmit(this.#snapshotBuild, current && Number(current.build));
    const { fillMilliseconds = null } = snapshot ?? {};
    setOrOmit(this.#snapshotFill, fillMilliseconds === null ? null : fillMilliseconds / 1000);
    // Counted where they happen: an operation may ask hundreds of times.
    for (const counter of [this.#snapshotFills, this.#snapshotAnswers]) counter.reset();
    if (!snapshot) return;
    for (const outcome of snapshotOutcomes) this.#snapshotFills.inc({ outcome }, snapshot.fills[outcome]);
    for (const source of ['snapshot', 'warehouse'] as const)
      this.#snapshotAnswers.inc({ source }, snapshot.answers[source]);
  }

  #gauge<const Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #counter<const Label extends string>(name: string, help: string, labelNames: readonly Label[]) {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}

function setOrOmit(gauge: Gauge<never>, value: number | null): void {
  // A gauge without labels is 0 after a reset, so it has to be removed.
  if (value === null) gauge.remove();
  else gauge.set(value);
}
