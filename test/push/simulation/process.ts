import type { DeliveryLimits } from '../../../src/config/push.ts';
import { DeliveryWorker } from '../../../src/push/delivery/worker.ts';
import type { Clock } from '../../../src/push/ports.ts';
import { withBug } from './bugs.ts';
import { networkOf } from './network.ts';
import { ledgerOf } from './remote-ledger.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

/** A process, from its start to its crash or its end. */
export class Process implements SimulatedProcess {
  readonly name: string;
  readonly worker: DeliveryWorker;
  readonly startedAt: number;
  isAlive = true;
  readonly #world: World;
  readonly #onEnd: () => void;
  /** Offset of its monotonic clock. */
  readonly #clockAhead: number;
  #frozenUntil = 0;

  /** @param onEnd called once, after it has crashed or stopped. */
  constructor(name: string, world: World, onEnd: () => void) {
    const { profile, random, timeline, bug } = world;
    this.name = name;
    this.startedAt = timeline.now;
    this.#world = world;
    this.#onEnd = onEnd;
    this.#clockAhead = random.int(-1_000_000, 1_000_000);
    const limits: DeliveryLimits = withBug(bug, profile.limits);
    const clock = this.#clock();
    this.worker = new DeliveryWorker({
      name,
      limits,
      clock,
      store: ledgerOf(this, world),
      adsuite: networkOf(this, world),
      onDelivered: (runId, { kind }) => world.watcher.note(name, `${runId} is ${kind}`),
      onError: (error) => world.watcher.fault(name, error),
    });
    this.worker.start();
    if (profile.freeze > 0) this.#freezeSometimes();
  }

  /**
   * Delivers an event to the process: at once, or never if it is dead. Events during a freeze come after it, in any order.
   */
  receive(happen: () => void): void {
    const { timeline, random } = this.#world;
    if (!this.isAlive) return;
    if (timeline.now >= this.#frozenUntil) happen();
    else timeline.after(this.#frozenUntil - timeline.now + random.int(0, 3), () => this.receive(happen));
  }

  /** @param what the call and its number. */
  crash(side: 'before' | 'after', what: string): void {
    if (!this.isAlive) return;
    this.#world.watcher.count(`dies ${side} ${what.split(' ')[0]}`);
    this.#world.watcher.note(this.name, `dies ${side} ${what}`);
    this.#end();
  }

  async stop(): Promise<void> {
    this.#world.watcher.note(this.name, 'is stopping');
    await this.worker.stop();
    if (!this.isAlive) return;
    this.#world.watcher.stopped(this.name);
    this.#end();
  }

  /** Whether it dies at this call, before or after its effect. */
  drawCrash(): 'before' | 'after' | null {
    const { random, profile } = this.#world;
    return random.chance(profile.crash) ? random.pick(['before', 'after'] as const) : null;
  }

  /** Like a suspended machine, or a long garbage collection. */
  #freezeSometimes(): void {
    const { timeline, random, profile, watcher } = this.#world;
    timeline.after(1_000, () => {
      if (!this.isAlive) return;
      if (random.chance(profile.freeze)) {
        const milliseconds = random.int(100, 2 * profile.limits.leaseMilliseconds);
        this.#frozenUntil = timeline.now + milliseconds;
        watcher.count('freezes');
        watcher.note(this.name, `stands still for ${milliseconds}`);
      }
      this.#freezeSometimes();
    });
  }

  #end(): void {
    this.isAlive = false;
    this.#onEnd();
  }

  #clock(): Clock {
    const { timeline, random, watcher } = this.#world;
    return {
      now: () => timeline.now + this.#clockAhead,
      sleep: (milliseconds, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const wake = () => {
            signal?.removeEventListener('abort', wake);
            resolve();
          };
          signal?.addEventListener('abort', wake);
          timeline.after(milliseconds, () => this.receive(wake));
        }),
      random: () => random.unit(),
      date: () => {
        watcher.violation('the wall clock was used, which may jump');
        return new Date(0);
      },
    };
  }
}
