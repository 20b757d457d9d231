import type { AdsuiteConfig } from '../../config/adsuite.ts';
import type { Config } from '../../config/index.ts';
import type { EndedQuery, PoolState } from '../../db/observation.ts';
import type { WarehouseTarget } from '../../db/warehouse/pool.ts';
import type { AdsuiteRequest } from '../../push/adsuite/request-observer.ts';
import type { SettledRows } from '../../push/delivery/settled-rows.ts';
import type { Pushing } from '../../push/index.ts';
import type { BreakerState } from '../../push/types.ts';
import type { StoreName } from '../../telemetry/metrics.ts';
import type { LedgerPlace } from '../open-ledger.ts';
import type { ConnectionLimits } from '../open-warehouse.ts';
import type { Log } from '../start.ts';
import type { ErrorMessage } from './error-messages.ts';

/** What the thread is started with. Contains secrets: do not log it. */
export interface ThreadInput extends Pick<Config, 'push' | 'staleAfterMinutes'> {
  readonly warehouse: { readonly target: WarehouseTarget; readonly limits: ConnectionLimits };
  readonly ledgerConnections: number;
  readonly adsuite: Pick<Extract<AdsuiteConfig, { readonly kind: 'server' }>, 'url' | 'token'> | null;
  readonly traces: Config['telemetry']['traces'];
}

/** What the thread serves. */
export type ThreadCalls = {
  /**
   * Calls a function of `Pushing` for one request.
   *
   * @param requestId for `beginWait`.
   * @param trace see `Tracing.outgoing`.
   */
  request(
    requestId: number,
    method: keyof Pushing,
    args: readonly unknown[],
    trace: Readonly<Record<string, string>>,
  ): unknown;
  resume(): void;
  stopWaiting(): void;
  /** Stops delivery (see `OpenPushing.close`), and closes all connections. */
  close(): void;
};

/** What the main thread serves to the thread. */
export type MainCalls = {
  /** Whether the request may wait. See `PushRequest.beginWait`; its wait ends with the answer of the request. */
  beginWait(requestId: number, seconds: number): boolean;
  /** A request is about to record a run. See `PushRequest.onRecording`. */
  recording(requestId: number, runId: string): void;
  /** Finds the ledger; starts and migrates an embedded one. */
  ledgerPlace(): LedgerPlace;
  report(report: Report): void;
  log(level: keyof Log, fields: LogFields, message: string): void;
};

/** Fields of a line of the log. An error in `err` is sent separately. */
export interface LogFields {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly err: ErrorMessage | null;
}

/** What the thread has done since its last report, for metrics, and its state. */
export interface Report {
  readonly queries: readonly { readonly store: StoreName; readonly ended: EndedQuery }[];
  readonly requests: readonly {
    readonly request: AdsuiteRequest;
    readonly status: number | null;
    readonly milliseconds: number;
  }[];
  readonly settled: readonly SettledRows[];
  readonly breaker: BreakerState | null;
  readonly pools: Readonly<Record<StoreName, readonly PoolState[]>>;
  /** Memory of the thread's objects. */
  readonly heapBytes: number;
}
