import type { PoolState, SnapshotState } from '../db/observation.ts';
import { type FreshnessLimits, freshness, type Sources } from '../domain/freshness.ts';
import { instantFromDate, secondsBetween } from '../domain/instant.ts';
import type { BreakerState } from '../push/types.ts';
import type { Sample, StoreName } from './metrics.ts';
import { notReadyBecause, type ReadinessReason } from './readiness.ts';
import { StoreCheck } from './store-check.ts';
import type { Telemetry } from './telemetry.ts';

export interface StatusOptions {
  readonly telemetry: Telemetry;
  readonly warehouse: {
    /** The times of the newest build; null if there is none. */
    newestBuild(): Promise<(Sources & { readonly builtAt: string | null }) | null>;
    pools(): readonly PoolState[];
  };
  /** Null: the configuration has turned it off. */
  readonly snapshot: () => SnapshotState | null;
  readonly ledger: {
    /** Null if it is not in use, and looking at it would start it. */
    backlog(): Promise<Sample['backlog']>;
    pools(): readonly PoolState[];
  };
  /** Null: this process does not push. */
  readonly breaker: () => BreakerState | null;
  /** How often a store that is up is checked at most. */
  readonly everyMilliseconds: number;
  readonly staleAfterMinutes: FreshnessLimits;
  readonly now: () => Date;
  readonly onChange: (store: StoreName, isUp: boolean) => void;
}

export interface Status {
  /** Why the service should get no requests; empty if it is ready. */
  notReadyBecause(): Promise<readonly ReadinessReason[]>;
  /** All metrics in Prometheus' text format. */
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>;
}

const nothingPending = { pendingRows: 0, oldestSeconds: null };

/** The state of a service for probes and Prometheus. Both share the checks of the stores, and neither fails if a store is down. */
export function watchStatus(options: StatusOptions): Status {
  const { telemetry, breaker, everyMilliseconds, onChange } = options;
  const check = <Value>(store: StoreName, read: () => Promise<Value>) =>
    new StoreCheck({
      read,
      everyMilliseconds,
      clock: () => performance.now(),
      onChange: (isUp) => onChange(store, isUp),
    });
  const warehouse = check('warehouse', options.warehouse.newestBuild);
  const ledger = check('ledger', options.ledger.backlog);
  const reasons = () => notReadyBecause({ warehouse, ledger, isDraining: () => telemetry.isDraining });

  const sample = async (): Promise<Sample> => {
    const [build, backlog, why] = await Promise.all([warehouse.state(), ledger.state(), reasons()]);
    const newest = build.isUp ? build.value : null;
    const present = instantFromDate(options.now());
    return {
      isReady: why.length === 0,
      stores: {
        warehouse: { isUp: build.isUp, pools: options.warehouse.pools() },
        ledger: { isUp: backlog.isUp, pools: options.ledger.pools() },
      },
      buildAge: newest?.builtAt ? Math.max(0, secondsBetween(newest.builtAt, present)) : null,
      dataLag: newest && freshness(newest, options.now(), options.staleAfterMinutes).lagSeconds,
      backlog: backlog.isUp ? (backlog.value ?? nothingPending) : null,
      breaker: breaker(),
      snapshot: options.snapshot(),
    };
  };
  return { notReadyBecause: reasons, metrics: async () => telemetry.metrics.text(await sample()) };
}
