import { randomUUID } from 'node:crypto';
import type { Ledger } from '../db/ledger/connect.ts';
import { type AdsuiteClient, createAdsuiteClient } from './adsuite/client.ts';
import { systemClock } from './delivery/clock.ts';
import { type DeliveryLimits, defaultLimits } from './delivery/limits.ts';
import { DeliveryWorker } from './delivery/worker.ts';
import type { DriftReport } from './drift/drift.ts';
import { readAllBack } from './drift/read-adsuite.ts';
import { pushDrift } from './drift/report.ts';
import { PushNotConfigured } from './errors.ts';
import type { GuardLimits } from './guards/build.ts';
import { type PushPreview, previewPush } from './plan/preview.ts';
import type { PushSource } from './plan/source.ts';
import { pushRuns } from './record/runs.ts';
import { createPushService, type PushService } from './record/service.ts';
import type { PushBuild, PushSelection } from './types.ts';

/** The return flow as a request sees it. */
export interface Pushing extends PushService {
  preview(selection: PushSelection, rows: number): Promise<PushPreview>;
  /**
   * Lists where AdSuite differs from what it accepted and from the newest build.
   *
   * @throws {DriftNotOffered} where AdSuite can't be read back.
   */
  drift(selection: PushSelection, first: number): Promise<DriftReport & { readonly build: PushBuild }>;
  readonly ledger: Ledger;
}

export interface PushingOptions {
  readonly source: PushSource;
  readonly ledger: Ledger;
  /** null: nothing can be pushed; what was pushed before can be looked at. */
  readonly adsuite: { readonly url: string; readonly token: string } | null;
  readonly limits: GuardLimits;
  readonly delivery: Partial<DeliveryLimits>;
  /** How long AdSuite may take over a request. */
  readonly requestMilliseconds: number;
  /** For how long a run's rows are kept after its end; null or absent: for ever. */
  readonly keepMilliseconds?: number | null;
  /** Told of each run that left this process's hands, for the log. */
  readonly onDelivered: (runId: string, how: string) => void;
  /** Told what went wrong while delivering; it is tried again. */
  readonly onFault: (error: unknown) => void;
}

export interface OpenPushing extends Pushing {
  /** Takes up runs that this or another process left behind; opens the ledger for that. */
  resume(): void;
  /** The end is near: whoever waits for a run's end, now or later, gets the run as it stands. */
  stopWaiting(): void;
  /** Takes no further batch, waits a little for what is in flight, and gives runs back for others to go on with. */
  close(): Promise<void>;
}

/** Opens the return flow: nothing is connected until somebody asks, or `resume` is called. */
export function openPushing(options: PushingOptions): OpenPushing {
  const { source, ledger, adsuite, limits } = options;
  const clock = systemClock;
  const ending = new AbortController();
  const client =
    adsuite && createAdsuiteClient({ ...adsuite, timeoutMilliseconds: options.requestMilliseconds, clock });
  const worker = client && deliveryWorker(options, client);
  const service = createPushService({
    source,
    ledger: ledger.pushes,
    runs: pushRuns(ledger.reads),
    limits,
    clock,
    nudge: () => {
      worker?.start();
      worker?.nudge();
    },
    ending: ending.signal,
  });
  const configured = (): AdsuiteClient => {
    if (!client) throw new PushNotConfigured();
    return client;
  };
  return {
    ledger,
    resume: () => worker?.start(),
    stopWaiting: () => ending.abort(),
    preview: (selection, rows) => previewPush({ source, ledger: ledger.pushes, limits, clock }, selection, rows),
    push: async (input) => {
      // A dry run sends nothing, so it needs nobody to send to.
      if (!input.dryRun) configured();
      return service.push(input);
    },
    retry: async (runId, input) => {
      configured();
      return service.retry(runId, input);
    },
    cancel: (runId, caller) => service.cancel(runId, caller),
    drift: (selection, first) => {
      const readBack = () => readAllBack(configured(), selection.iterationIds, clock, ending.signal);
      return pushDrift(source, ledger.pushes, readBack, selection, first);
    },
    close: async () => {
      ending.abort();
      await worker?.stop();
    },
  };
}

function deliveryWorker(options: PushingOptions, adsuite: AdsuiteClient): DeliveryWorker {
  const { keepMilliseconds = null, ledger } = options;
  return new DeliveryWorker({
    ...(keepMilliseconds === null ? {} : { prune: () => ledger.prune(keepMilliseconds) }),
    store: ledger.delivery,
    adsuite,
    clock: systemClock,
    name: randomUUID(),
    limits: { ...defaultLimits, ...options.delivery },
    onDelivered: (runId, delivered) =>
      options.onDelivered(runId, delivered.kind === 'ended' ? delivered.state : delivered.kind),
    onFault: options.onFault,
  });
}
