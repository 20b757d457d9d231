import { randomUUID } from 'node:crypto';
import { untilAborted } from '../abort.ts';
import type { DeliveryLimits, GuardLimits } from '../config/push.ts';
import { type AdsuiteClient, createAdsuiteClient } from './adsuite/client.ts';
import type { ObserveRequest } from './adsuite/request-observer.ts';
import { systemClock } from './delivery/clock.ts';
import { reportSettled, type SettledRows } from './delivery/settled-rows.ts';
import { DeliveryWorker } from './delivery/worker.ts';
import { type DriftPage, type DriftReport, pushDrift } from './drift/drift.ts';
import { readAllBack } from './drift/read-adsuite.ts';
import { PushNotConfigured } from './errors.ts';
import type { PushLedger, RunRecord } from './ledger.ts';
import { type PlanPage, type PushPreview, previewPush } from './plan/preview.ts';
import type { PushSource } from './plan/source.ts';
import { Turns } from './plan/turns.ts';
import type { DeliveryStore } from './ports.ts';
import { type BeginWait, createPushService, type PushService } from './record/service.ts';
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
  /** Called with the numbers of results that this process has recorded. */
  readonly onSettled?: (settled: SettledRows) => void;
  readonly observeRequest?: ObserveRequest;
}

/** The request that a push is called by. */
export interface PushRequest {
  /**
   * Ends planning, with its reason as the error and nothing recorded, and waiting for a recorded run, which continues: the caller
   * gets it in its current state.
   */
  readonly signal: AbortSignal;
  /**
   * Called once the run is recorded.
   *
   * @param seconds how long the caller waits at most.
   * @returns a function to call after the wait; null if too many requests wait already: then the caller gets the run at once.
   */
  readonly beginWait: BeginWait;
  /** Called before a run is recorded, with its id. It is not recorded if the request then fails with an error that does not name it. */
  readonly onRecording?: (runId: string) => void;
}

export interface OpenPushing extends Pushing {
  /** Pushing for one request. */
  within(request: PushRequest): Pushing;
  /** Starts the worker, which also delivers runs that this or another process left unfinished. Opens the ledger. */
  resume(): void;
  /** The circuit breaker of this process's requests to AdSuite; null if it has no AdSuite. */
  breaker(): BreakerState | null;
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
  const turns = new Turns(concurrentPlans);
  const client =
    adsuite &&
    createAdsuiteClient({
      ...adsuite,
      timeoutMilliseconds: options.requestMilliseconds,
      clock,
      ...(options.observeRequest ? { observe: options.observeRequest } : {}),
    });
  const worker = client && deliveryWorker(options, client);
  const configured = (): AdsuiteClient => {
    if (!client) throw new PushNotConfigured();
    return client;
  };
  const within = (request?: PushRequest): Pushing => {
    const signal = request ? AbortSignal.any([stopping.signal, request.signal]) : stopping.signal;
    const read = request ? source.within(request.signal) : source;
    const pushes = announced(ledger.pushes, request?.onRecording);
    const inTurn = <Result>(work: () => Promise<Result>) => turns.run(work, signal);
    const service = createPushService({
      source: read,
      ledger: pushes,
      limits,
      clock,
      inTurn,
      nudge: () => {
        worker?.start();
        worker?.nudge();
      },
      stopping: signal,
      ...(request ? { beginWait: request.beginWait } : {}),
    });
    return {
      // The ledger and AdSuite may take longer to answer than the request may take.
      preview: (selection, page) =>
        untilAborted(
          inTurn(() => previewPush({ source: read, ledger: pushes, limits, clock }, selection, page)),
          request?.signal,
        ),
      push: async (input) => {
        // A dry run sends nothing.
        if (!input.dryRun) configured();
        return service.push(input);
      },
      retry: async (runId, input) => {
        configured();
        return service.retry(runId, input);
      },
      cancel: service.cancel,
      resumeRun: service.resumeRun,
      drift: (selection, page) => {
        const readBack = () => readAllBack(configured(), selection.iterationIds, clock, signal);
        return untilAborted(
          inTurn(() => pushDrift(read, pushes, readBack, selection, page)),
          request?.signal,
        );
      },
    };
  };
  return {
    ...within(),
    within,
    breaker: () => worker?.breaker ?? null,
    resume: () => worker?.start(),
    stopWaiting: () => stopping.abort(),
    close: async () => {
      stopping.abort();
      await worker?.stop();
    },
  };
}

/** The most plans at a time: a dry run keeps up to 10,000 rows in memory, about 20 MB. */
const concurrentPlans = 3;

/** The same ledger, which calls `onRecording` before it begins a run. */
const announced = (pushes: PushLedger, onRecording: ((runId: string) => void) | undefined): PushLedger =>
  onRecording
    ? {
        ...pushes,
        begin: (run) => {
          onRecording(run.id);
          return pushes.begin(run);
        },
      }
    : pushes;

function deliveryWorker(options: PushingOptions, adsuite: AdsuiteClient): DeliveryWorker {
  const { keepMilliseconds = null, ledger, delivery: limits, onHandedOver, onEnded, onError, onSettled } = options;
  return new DeliveryWorker({
    ...(keepMilliseconds === null ? {} : { prune: () => ledger.prune(keepMilliseconds) }),
    store: onSettled ? reportSettled(ledger.delivery, onSettled) : ledger.delivery,
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
