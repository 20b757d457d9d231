import { AsyncLocalStorage } from 'node:async_hooks';
import type { DeliveryLimits } from '../../config/push.ts';
import type { Lease } from '../ports.ts';
import type { BreakerState } from '../types.ts';
import { Wake } from './clock.ts';
import type { DeliveryPorts } from './context.ts';
import { type Delivered, deliver } from './deliver.ts';
import { RequestThrottle } from './request-throttle.ts';

export interface WorkerOptions extends DeliveryPorts {
  /** Unique per process start. It identifies the process's leases. */
  readonly name: string;
  readonly limits: DeliveryLimits;
  /**
   * Called after a run has ended, and while there is nothing to deliver; reports the end of one run, of any process. Returns
   * whether there may be more.
   */
  readonly reportEnded?: () => Promise<boolean>;
  /** Called while there is nothing to deliver; deletes some old rows. Returns whether there may be more. */
  readonly prune?: () => Promise<boolean>;
  /** Called when this worker stops delivering a run. */
  readonly onDelivered: (runId: string, delivered: Delivered) => void;
  /** Called with what the ledger threw. The worker retries. */
  readonly onError: (error: unknown) => void;
}

/** Delivers runs that no other worker delivers, one after the other. */
export class DeliveryWorker {
  readonly #options: WorkerOptions;
  readonly #throttle: RequestThrottle;
  readonly #wake = new Wake();
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  readonly #outside = AsyncLocalStorage.snapshot();
  #working: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#throttle = new RequestThrottle(options.limits, options.clock.now());
    this.#stop.signal.addEventListener('abort', () => this.#wake.ring());
  }

  /** The circuit breaker of this process. */
  get breaker(): BreakerState {
    return this.#throttle.breaker;
  }

  /** Starts looking for runs. Later calls do nothing. */
  start(): void {
    // A request may start it. What it does from then on is no part of that request.
    if (!this.#stop.signal.aborted) this.#working ??= this.#outside(() => this.#work());
  }

  /** Looks for runs at once, because there is a new one. */
  nudge(): void {
    this.#wake.ring();
  }

  /**
   * Takes no further batch, waits for requests in flight up to `graceMilliseconds`, and releases the run. Never rejects.
   */
  async stop(): Promise<void> {
    this.#stop.abort();
    const done = new AbortController();
    const grace = this.#options.clock.sleep(this.#options.limits.graceMilliseconds, done.signal);
    void grace.then(() => this.#hurry.abort());
    await this.#working;
    done.abort();
  }

  async #work(): Promise<void> {
    const { clock, limits } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#wake.arm();
      const isBusy = await this.#deliverOne().catch((error) => {
        this.#options.onError(error);
        return false;
      });
      // Jitter, so that processes do not poll in step.
      if (!isBusy) await this.#wake.sleep(limits.pollMilliseconds * (0.5 + clock.random() / 2), clock);
    }
  }

  /** @returns false if there was nothing to deliver, to report or to prune. */
  async #deliverOne(): Promise<boolean> {
    const { store, adsuite, clock, limits, name, prune } = this.#options;
    const requestedAt = clock.now();
    const lease: Lease | null = await store.claim(name, limits.leaseMilliseconds);
    if (!lease) {
      await this.#reportEnded();
      return prune ? prune() : false;
    }
    const ports = { store, adsuite, clock };
    const signals = { stop: this.#stop.signal, hurry: this.#hurry.signal };
    const until = requestedAt + limits.leaseMilliseconds;
    const delivered = await deliver(lease, until, { ...ports, throttle: this.#throttle, limits, ...signals });
    this.#options.onDelivered(lease.runId, delivered);
    if (delivered.kind === 'ended') await this.#reportEnded();
    return true;
  }

  async #reportEnded(): Promise<void> {
    const { reportEnded } = this.#options;
    while (reportEnded && (await reportEnded()));
  }
}
