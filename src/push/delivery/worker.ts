import type { Lease } from '../ports.ts';
import type { DeliveryPorts } from './context.ts';
import { type Delivered, deliver } from './deliver.ts';
import type { DeliveryLimits } from './limits.ts';
import { RequestThrottle } from './request-throttle.ts';
import { Wake } from './wake.ts';

export interface WorkerOptions extends DeliveryPorts {
  /** Tells this process's leases from all others', also from those of its former lives. */
  readonly name: string;
  readonly limits: DeliveryLimits;
  /** What there is to do while there is nothing to deliver: a small step at a time; false: nothing, for now. */
  readonly prune?: () => Promise<boolean>;
  /** Told of each run that leaves this worker's hands. */
  readonly onDelivered: (runId: string, delivered: Delivered) => void;
  /** Told what the ledger threw; the worker goes on. */
  readonly onFault: (error: unknown) => void;
}

/** Delivers, one after the other, the runs that nobody else delivers. */
export class DeliveryWorker {
  readonly #options: WorkerOptions;
  readonly #throttle: RequestThrottle;
  readonly #wake = new Wake();
  readonly #stop = new AbortController();
  readonly #hurry = new AbortController();
  #working: Promise<void> | null = null;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#throttle = new RequestThrottle(options.limits, options.clock.now());
    this.#stop.signal.addEventListener('abort', () => this.#wake.ring());
  }

  /** Begins to look for runs; once. */
  start(): void {
    if (!this.#stop.signal.aborted) this.#working ??= this.#work();
  }

  /** There is a new run: looks at once. */
  nudge(): void {
    this.#wake.ring();
  }

  /**
   * Takes no further batch, waits for what is in flight as long as the limits allow, and gives the run back. Resolves when
   * nothing is under way any more; never rejects.
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
      const isBusy = await this.#tryOne().catch((error) => {
        this.#options.onFault(error);
        return false;
      });
      // Not all processes in step.
      if (!isBusy) await this.#wake.sleep(limits.pollMilliseconds * (0.5 + clock.random() / 2), clock);
    }
  }

  /** @returns false where there is nothing to deliver, and nothing to prune. */
  async #tryOne(): Promise<boolean> {
    const { store, adsuite, clock, limits, name, prune } = this.#options;
    const asked = clock.now();
    const lease: Lease | null = await store.claim(name, limits.leaseMilliseconds);
    if (!lease) return prune ? prune() : false;
    const ports = { store, adsuite, clock };
    const signals = { stop: this.#stop.signal, hurry: this.#hurry.signal };
    const until = asked + limits.leaseMilliseconds;
    const delivered = await deliver(lease, until, { ...ports, throttle: this.#throttle, limits, ...signals });
    this.#options.onDelivered(lease.runId, delivered);
    return true;
  }
}
