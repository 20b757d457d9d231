import type { Random } from '../../../src/embedded/demo/random.ts';
import type { DeliveryStore, Lease } from '../../../src/push/ports.ts';
import { AdsuiteModel, type Bug, drawProfile, type Profile, randomOf, storeWithBug } from './conditions.ts';
import { LedgerModel, ledgerBugs } from './models.ts';
import { Timeline } from './timeline.ts';
import { Watcher } from './watcher.ts';

/** A process, as the simulated network and the simulated ledger see it. */
export interface SimulatedProcess {
  readonly name: string;
  readonly isAlive: boolean;
  /** Calls `happen` now, later if the process is frozen, or never if it is dead. */
  receive(happen: () => void): void;
  /** @param what the call, and its argument. */
  crash(side: 'before' | 'after', what: string): void;
  /** Whether the process dies at this call, and on which side of its effect. */
  drawCrash(): 'before' | 'after' | null;
}

/** Everything that a seed determines, and its observer. */
export class World {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly profile: Profile;
  readonly ledger: LedgerModel;
  readonly adsuite: AdsuiteModel;
  readonly watcher: Watcher;
  readonly bug: Bug | null;
  /** The database's own clock, which may be set. */
  databaseAhead = 0;
  /** Iterations that are not in the source, and so not in the next build. */
  readonly missing = new Set<string>();
  #hasJumpedAnHour = false;
  readonly #downUntil = { ledger: 0, adsuite: 0 };

  constructor(seed: number, bug: Bug | null, trace: ((line: string) => void) | null) {
    this.random = randomOf(seed);
    this.profile = drawProfile(this.random);
    this.bug = bug;
    const { random, profile } = this;
    this.adsuite = new AdsuiteModel({
      ...profile,
      forgets: () => random.chance(profile.adsuite.forgets),
      ignoresVersions: bug === 'AdSuite ignores versions',
    });
    this.ledger = new LedgerModel({
      now: () => this.timeline.now + this.databaseAhead,
      batchRows: profile.batchRows,
      bug: ledgerBugs.find((each) => each === bug) ?? null,
      onReceipt: (receipt) => this.watcher.receipt(receipt),
    });
    this.watcher = new Watcher(this.timeline, this.ledger, this.adsuite, profile.limits, trace);
    this.#breakDown('ledger', profile.ledger.isDown);
    this.#breakDown('adsuite', profile.adsuite.isDown);
    this.#setClock();
  }

  /** Some iterations are deleted in AdSuite, or return. The source follows, or not, or differs on its own. */
  moveIterations(): void {
    const { random, adsuite, profile, watcher, missing } = this;
    for (let id = 1; id <= profile.iterations; id++) {
      const iterationId = String(id);
      if (random.chance(profile.moves)) {
        const isDeleted = toggle(adsuite.deleted, iterationId);
        watcher.count(isDeleted ? 'AdSuite forgets an iteration' : 'an iteration returns to AdSuite');
        watcher.note('adsuite', `${isDeleted ? 'forgets' : 'has'} iteration ${iterationId}`);
      }
      const follows = adsuite.deleted.has(iterationId) !== missing.has(iterationId);
      if (!random.chance(follows ? 2 * profile.moves : profile.moves / 3)) continue;
      const isMissing = toggle(missing, iterationId);
      watcher.note('source', `${isMissing ? 'loses' : 'has'} iteration ${iterationId}`);
    }
  }

  isDown(part: 'ledger' | 'adsuite'): boolean {
    return this.timeline.now < this.#downUntil[part];
  }

  /** Sometimes a part is down for some time. */
  #breakDown(part: 'ledger' | 'adsuite', chance: number): void {
    if (chance === 0) return;
    this.timeline.after(this.random.int(0, 20_000), () => {
      if (this.random.chance(chance)) {
        this.#downUntil[part] = this.timeline.now + this.random.int(500, 20_000);
        this.watcher.note(part, `down until ${this.#downUntil[part]}`);
      }
      this.#breakDown(part, chance);
    });
  }

  #setClock(): void {
    const chance = this.profile.ledger.jumps;
    if (chance === 0) return;
    this.timeline.after(this.random.int(1_000, 30_000), () => {
      if (this.random.chance(chance)) {
        // By an hour once: a lease that a dead process left ends by the database's clock.
        const isHour = !this.#hasJumpedAnHour && this.random.chance(0.3);
        this.#hasJumpedAnHour ||= isHour;
        this.databaseAhead += isHour ? this.random.pick([-3_600_000, 3_600_000]) : this.random.int(-10_000, 15_000);
        this.watcher.databaseClockSet();
        this.watcher.note('ledger', `clock set to ${this.databaseAhead} ahead`);
      }
      this.#setClock();
    });
  }
}

/** Adds an item, or removes it. Returns whether the set has it now. */
function toggle(set: Set<string>, item: string): boolean {
  if (!set.delete(item)) set.add(item);
  return set.has(item);
}

/** The ledger as a process uses it: with latency, lost connections, and crashes at each step. */
export function ledgerOf(
  process: SimulatedProcess,
  world: World,
): { readonly store: DeliveryStore; readonly reportEnded: () => Promise<boolean> } {
  const { ledger, watcher, timeline } = world;
  const { name } = process;
  /** Whether a wait takes as long as computed, except for the latency of calls. */
  const isExact = world.profile.ledger.jumps === 0 && world.profile.ledger.stalls === 0 && world.profile.freeze === 0;

  function call<Result>(
    what: string,
    effect: () => Result,
    seen: (result: Result) => void = () => {},
  ): Promise<Result> {
    const { random, profile } = world;
    const crash = process.drawCrash();
    return new Promise((resolve, reject) => {
      const fail = () => process.receive(() => reject(new Error(`the ledger does not answer: ${what}`)));
      timeline.after(delay(world), () => {
        if (process.isAlive && crash === 'before') return process.crash('before', what);
        // The last call of a dying process may or may not take effect.
        if (!process.isAlive && random.chance(0.5)) return;
        const isBroken = world.isDown('ledger') || random.chance(profile.ledger.fails);
        if (isBroken && random.chance(0.5)) return timeline.after(delay(world), fail);
        const result = effect();
        watcher.note(name, `${what}: ${JSON.stringify(result) ?? 'done'}`);
        if (process.isAlive && crash === 'after') return process.crash('after', what);
        if (isBroken) return timeline.after(delay(world), fail);
        const hear = () => {
          seen(result);
          resolve(result);
        };
        timeline.after(delay(world), () => process.receive(hear));
      });
    });
  }

  const write = (what: string, lease: Lease, effect: () => boolean, seen?: (held: boolean) => void) =>
    call(
      `${what} (fence ${lease.fence})`,
      () => {
        const isHeld = effect();
        if (isHeld) watcher.wrote(lease);
        return isHeld;
      },
      seen,
    );

  const store: DeliveryStore = {
    claim(worker, milliseconds) {
      const asked = timeline.now;
      return call(
        'claim',
        () => {
          const lease = ledger.claim(worker, milliseconds);
          if (lease) watcher.claimed(lease, name);
          return lease;
        },
        (lease) => lease && watcher.holds(lease, asked + milliseconds),
      );
    },
    renew(lease, milliseconds) {
      const asked = timeline.now;
      return write(
        'renew',
        lease,
        () => ledger.renew(lease, milliseconds),
        (held) => held && watcher.holds(lease, asked + milliseconds),
      );
    },
    release: (lease) => call(`release (fence ${lease.fence})`, () => ledger.release(lease)),
    handover: (lease) =>
      call('handover', () => {
        watcher.handsOver(lease);
        return ledger.handover(lease);
      }),
    progress: (lease) =>
      call(
        'progress',
        () => ledger.progress(lease),
        ({ isCancelled, isResumeRequested }) => {
          if (isCancelled) watcher.knowsOfCancel(lease);
          else if (isResumeRequested) watcher.resumes(lease);
        },
      ),
    nextBatch(lease, excluding) {
      watcher.asksForBatch(lease);
      return call('nextBatch', () => ledger.nextBatch(lease, excluding));
    },
    recordWait: (lease, wait, breaker) =>
      write(`recordWait ${wait?.milliseconds} ${wait?.cause} ${breaker}`, lease, () => {
        const before = ledger.recordedWait(lease.runId);
        const isOnlyTime = ledger.runs.get(lease.runId)?.breaker === breaker;
        const isHeld = ledger.recordWait(lease, wait, breaker);
        if (isHeld && wait) watcher.waits(lease, before, wait.milliseconds, isExact && isOnlyTime);
        return isHeld;
      }),
    recordResumed: (lease) =>
      write('recordResumed', lease, () => {
        const isHeld = ledger.recordResumed(lease);
        if (isHeld) watcher.resumed(lease);
        return isHeld;
      }),
    recordAttempt(lease, batch) {
      watcher.decides(lease, batch);
      return write(`recordAttempt ${batch.number}`, lease, () => {
        watcher.endsWait(lease, ledger.recordedWait(lease.runId), isExact);
        const isHeld = ledger.recordAttempt(lease, batch);
        if (isHeld) watcher.attempted(lease, batch);
        return isHeld;
      });
    },
    settle: (lease, batch, results) =>
      write(`settle ${batch.number} ${results.map((result) => `${result.iterationId} ${result.state}`)}`, lease, () =>
        ledger.settle(lease, batch, results),
      ),
    postpone: (lease, batch, milliseconds, reason, mayHaveArrived) =>
      write(`postpone ${batch.number} by ${milliseconds} (${reason}; ${mayHaveArrived})`, lease, () => {
        const isHeld = ledger.postpone(lease, batch, milliseconds, mayHaveArrived);
        if (isHeld) watcher.postponed(lease, batch, mayHaveArrived !== undefined);
        return isHeld;
      }),
    split: (lease, batch) => write(`split ${batch.number}`, lease, () => ledger.split(lease, batch)),
    finish: (lease, end, reason) =>
      call(`finish ${lease.runId} ${end} (fence ${lease.fence}; ${reason})`, () => {
        const state = ledger.finish(lease, end, reason);
        if (state !== null) {
          watcher.wrote(lease);
          watcher.ends(lease);
        }
        return state;
      }),
  };
  const reportEnded = async (): Promise<boolean> => {
    const runId = await call('takeEnded', () => ledger.takeEnded());
    if (runId !== null) watcher.reports(runId);
    return runId !== null;
  };
  return { store: storeWithBug(world.bug, store), reportEnded };
}

/** Mostly milliseconds, sometimes longer than a lease. */
function delay({ random, profile }: World): number {
  if (random.chance(profile.ledger.stalls)) return random.int(100, 2 * profile.limits.leaseMilliseconds);
  return random.int(1, 20);
}
