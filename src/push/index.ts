import { randomUUID } from 'node:crypto';
import type { DeliveryLimits, GuardLimits } from '../config/push.ts';
import { type AdsuiteClient, createAdsuiteClient } from './adsuite/client.ts';
import { systemClock } from './delivery/clock.ts';
import { DeliveryWorker } from './delivery/worker.ts';
import { type DriftPage, type DriftReport, pushDrift } from './drift/drift.ts';
import { readAllBack } from './drift/read-adsuite.ts';
import { PushNotConfigured } from './errors.ts';
import type { PushLedger, RunRecord } from './ledger.ts';
import { type PlanPage, type PushPreview, previewPush } from './plan/preview.ts';
import type { PushSource } from './plan/source.ts';
import type { DeliveryStore } from './ports.ts';
import { createPushService, type PushService } from './record/service.ts';
import type { BreakerState, PushBuild, PushSelection } from './types.ts';

/** Pushing as a request sees it. */
export interface Pushing extends PushService {
  /** Plans a push without recording it. Throws like `previewPush`. */
  preview(selection: PushSelection, page: PlanPage): Promise<PushPreview>;
  /**
   * Lists where AdSuite differs from what it accepted and from the newest build.
   *
   * @throws {DriftNotOffered} if AdSuite can't be read back.
   */
  drift(selection: PushSelection, page: DriftPage): Promise<DriftReport & { readonly build: PushBuild }>;
}

/** What pushing needs from the ledger. */
export interface PushStores {
  readonly pushes: PushLedger;
  readonly delivery: DeliveryStore;
  /** Deletes some rows of runs that ended longer ago; returns whether there may be more. */
  prune(keepMilliseconds: number): Promise<boolean>;
}

export interface PushingOptions {
  readonly source: PushSource;
  readonly ledger: PushStores;
  /** null: pushes are refused, but earlier ones can be read. */
  readonly adsuite: { readonly url: string; readonly token: string } | null;
  readonly limits: GuardLimits;
  readonly delivery: DeliveryLimits;
  /** Timeout of one request to AdSuite. */
  readonly requestMilliseconds: number;
  /** How long the rows of a run are kept after its end; null or omitted: forever. */
  readonly keepMilliseconds?: number | null;
  /** Called when this process stops delivering a run that has not ended: it was released, or another process has it. */
  readonly onHandedOver: (runId: string, how: 'released' | 'lost') => void;
  /**
   * Called for each run that has ended, other than dry runs, in one of the processes that share the ledger and have an AdSuite;
   * also for runs that were refused, or that another process ended.
   */
  readonly onEnded: (run: RunRecord) => void;
  /** Called when delivery fails. It is retried. */
  readonly onError: (error: unknown) => void;
}

export interface OpenPushing extends Pushing {
  /** Starts the worker, which also delivers runs that this or another process left unfinished. Opens the ledger. */
  resume(): void;
  /** The circuit breaker of this process's requests to AdSuite; null if it has no AdSuite. */
  breakerState(): BreakerState | null;
  /** Ends all waits for runs, current and future: each caller gets the run in its current state. */
  stopWaiting(): void;
  /** Takes no further batch, waits for requests in flight up to `graceMilliseconds`, and releases the run. */
  close(): Promise<void>;
}

/** Connects to nothing until the first request, or until `resume`. */
export function openPushing(options: PushingOptions): OpenPushing {
  const { source, ledger, adsuite, limits } = options;
  const clock = systemClock;
  const stopping = new AbortController();
  const client =
    adsuite && createAdsuiteClient({ ...adsuite, timeoutMilliseconds: options.requestMilliseconds, clock });
  const worker = client && deliveryWorker(options, client);
  const service = createPushService({
    source,
    ledger: ledger.pushes,
    limits,
    clock,
    nudge: () => {
      worker?.start();
      worker?.nudge();
    },
    stopping: stopping.signal,
  });
  const configured = (): AdsuiteClient => {
    if (!client) throw new PushNotConfigured();
    return client;
  };
  return {
    resume: () => worker?.start(),
    breakerState: () => worker?.breaker ?? null,
    stopWaiting: () => stopping.abort(),
    preview: (selection, page) => previewPush({ source, ledger: ledger.pushes, limits, clock }, selection, page),
    push: async (input) => {
      // A dry run sends nothing.
      if (!input.dryRun) configured();
      return service.push(input);
    },
    retry: async (runId, input) => {
      configured();
      return service.retry(runId, input);
    },
    cancel: (runId, caller) => service.cancel(runId, caller),
    resumeRun: (runId, caller) => service.resumeRun(runId, caller),
    drift: (selection, page) => {
      const readBack = () => readAllBack(configured(), selection.iterationIds, clock, stopping.signal);
      return pushDrift(source, ledger.pushes, readBack, selection, page);
    },
    close: async () => {
      stopping.abort();
      await worker?.stop();
    },
  };
}

function deliveryWorker(options: PushingOptions, adsuite: AdsuiteClient): DeliveryWorker {
  const { keepMilliseconds = null, ledger, delivery: limits, onHandedOver, onEnded, onError } = options;
  return new DeliveryWorker({
    ...(keepMilliseconds === null ? {} : { prune: () => ledger.prune(keepMilliseconds) }),
    store: ledger.delivery,
    adsuite,
    clock: systemClock,
    name: randomUUID(),
    limits,
    reportEnded: async () => {
      const run = await ledger.pushes.takeEnded();
      if (run) onEnded(run);
      return run !== null;
    },
    onDelivered: (runId, { kind }) => {
      if (kind !== 'ended') onHandedOver(runId, kind);
    },
    onError,
  });
}
