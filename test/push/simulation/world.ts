import type { Random } from '../../../src/embedded/demo/random.ts';
import type { DeliveryStore, Lease } from '../../../src/push/ports.ts';
import { AdsuiteModel, type Bug, drawProfile, type Profile, randomOf, storeWithBug } from './conditions.ts';
import { LedgerModel, ledgerBugs, type RunModel, Timeline } from './models.ts';
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
        this.databaseAhead += this.random.int(-10_000, 15_000);
        this.watcher.databaseClockSet();
        this.watcher.note('ledger', `clock set to ${this.databaseAhead} ahead`);
      }
      this.#setClock();
    });
  }
}

/** What must be true at the end of every world. */
export function judge({ ledger, adsuite, watcher, profile }: World): void {
  for (const run of ledger.runs.values()) judgeRun(run);
  for (const [body, times] of adsuite.effects) {
    if (times > 1) watcher.violation(`applied ${times} times: ${body}`);
  }
  for (const key of adsuite.reusedKeys) watcher.violation(`the key ${key} was used with two contents`);
  for (const [iterationId, rows] of adsuite.history) {
    const versions = rows.map((row) => row.version);
    if (versions.some((version, index) => version < (versions[index - 1] ?? 0))) {
      watcher.violation(`iteration ${iterationId} went back: ${versions}`);
    }
    judgeReceipt(iterationId);
  }

  function judgeReceipt(iterationId: string): void {
    const accepted = [...ledger.runs.values()]
      .map((run) => run.rows.get(iterationId))
      .filter((row) => row?.state === 'ACCEPTED');
    const newest = Math.max(0, ...accepted.map((row) => row?.version ?? 0));
    const receipt = ledger.receipts.get(iterationId);
    const held = adsuite.held(iterationId);
    if ((receipt?.row.version ?? 0) !== newest) {
      watcher.violation(`iteration ${iterationId}: receipt ${receipt?.row.version}, newest accepted ${newest}`);
    }
    if (newest > (held?.version ?? 0)) {
      watcher.violation(`iteration ${iterationId}: accepted ${newest}, but AdSuite holds ${held?.version}`);
    }
    if (receipt && held?.version === receipt.row.version && held.valuesText !== receipt.row.valuesText) {
      watcher.violation(`iteration ${iterationId}: AdSuite holds other values than the receipt`);
    }
  }

  function judgeStale(run: RunModel): void {
    const states = new Set([...run.rows.values()].map((row) => row.state));
    if (states.size > 1 || !states.has('STALE') || run.state === 'CANCELLED') return;
    watcher.count(run.isRetry ? 'all stale, a retry' : 'all stale');
    if (run.state !== (run.isRetry ? 'SUCCEEDED' : 'FAILED')) {
      watcher.violation(`${run.id} is ${run.state}, and AdSuite has newer values of every row`);
    }
  }

  /**
   * A run that gives up at its time limit has reached it, or would have had to wait beyond it. Not checked if the ledger's
   * clock jumps, or if the run may have waited for a slow retry budget.
   */
  function judgePatience({ id, reason, began, ended, batches }: RunModel): void {
    const isUncertain = profile.ledger.jumps > 0 || profile.limits.retryBudget.perSecond < 1;
    if (isUncertain || ended === null || !reason?.startsWith('The run did not finish')) return;
    watcher.count('out of time');
    const { runMilliseconds, breaker, retryBudget, concurrency } = profile.limits;
    // A request in flight can take a token as a repeated one, and two more when its batch is split.
    const overdraft = ((3 * concurrency + 1) / retryBudget.perSecond) * 1000;
    const due = Math.min(...batches.filter(({ isDone }) => !isDone).map((batch) => batch.due));
    const latest = Math.max(ended + Math.max(breaker.capMilliseconds, overdraft), due);
    if (latest < began + runMilliseconds) {
      watcher.violation(`${id} gave up after ${ended - began}, but its limit is ${runMilliseconds}`);
    }
  }

  /** A run that ends because of a Retry-After had less time left than the limit of the pause. */
  function judgePause({ id, reason, began, ended }: RunModel): void {
    if (profile.ledger.jumps > 0 || ended === null || !reason?.startsWith("AdSuite's Retry-After")) return;
    watcher.count('no time to wait');
    const { runMilliseconds, retryAfterMaxMilliseconds } = profile.limits;
    if (ended + retryAfterMaxMilliseconds < began + runMilliseconds) {
      watcher.violation(`${id} gave up after ${ended - began} for a Retry-After, but its limit is ${runMilliseconds}`);
    }
  }

  function judgeRun(run: RunModel): void {
    watcher.count(run.state);
    judgePatience(run);
    judgePause(run);
    if (run.nextAttemptAt !== null) watcher.violation(`${run.id} has ended, and has a next attempt`);
    if (run.state === 'RUNNING') watcher.violation(`${run.id} did not end`);
    judgeStale(run);
    for (const row of run.rows.values()) {
      watcher.count(`row ${row.state}`);
      const { iterationId } = row;
      const who = `iteration ${iterationId} of ${run.id} (${run.state})`;
      const said = (word: Parameters<typeof adsuite.said>[2]) => adsuite.said(run.id, iterationId, word);
      const held = adsuite.held(iterationId)?.version ?? 0;
      switch (row.state) {
        case 'ACCEPTED':
          if (!said('ACCEPTED') || held < row.version)
            watcher.violation(`${who} is ACCEPTED, but AdSuite does not have it`);
          break;
        case 'STALE':
          if (held <= row.version) watcher.violation(`${who} is STALE, but AdSuite holds ${held}`);
          break;
        case 'REJECTED':
          if (!said('REJECTED')) watcher.violation(`${who} is REJECTED, but not by AdSuite`);
          break;
        case 'UNKNOWN':
          if (!watcher.wasAttempted(run.id, iterationId)) watcher.violation(`${who} is UNKNOWN, but was never sent`);
          // A 429 alone never leads here.
          else if (!watcher.mayHaveArrived(run.id, iterationId))
            watcher.violation(`${who} is UNKNOWN, but certainly did not arrive`);
          break;
        case 'PENDING':
          if (said('ACCEPTED') || said('STALE') || said('REJECTED')) {
            watcher.violation(`${who} is PENDING, but AdSuite may have it`);
          }
      }
      const isSettled = row.state === 'ACCEPTED' || row.state === 'STALE';
      if (run.state === 'SUCCEEDED' && !isSettled) watcher.violation(`${who} is ${row.state}`);
      if (run.reason === null && row.state === 'PENDING' && run.state !== 'CANCELLED') {
        watcher.violation(`${who} is PENDING, without a reason`);
      }
    }
  }
}

/** The ledger as a process uses it: with latency, lost connections, and crashes at each step. */
export function ledgerOf(process: SimulatedProcess, world: World): DeliveryStore {
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
    progress: (lease, excluding) =>
      call(
        'progress',
        () => ledger.progress(lease, excluding),
        ({ isCancelled }) => isCancelled && watcher.knowsOfCancel(lease),
      ),
    nextBatch(lease, excluding) {
      watcher.asksForBatch(lease);
      return call('nextBatch', () => ledger.nextBatch(lease, excluding));
    },
    recordWait: (lease, milliseconds) =>
      write(`recordWait ${milliseconds}`, lease, () => {
        const before = ledger.recordedWait(lease.runId);
        const isHeld = ledger.recordWait(lease, milliseconds);
        if (isHeld) watcher.waits(lease, before, milliseconds, isExact);
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
        if (state !== null) watcher.wrote(lease);
        return state;
      }),
  };
  return storeWithBug(world.bug, store);
}

/** Mostly milliseconds, sometimes longer than a lease. */
function delay({ random, profile }: World): number {
  if (random.chance(profile.ledger.stalls)) return random.int(100, 2 * profile.limits.leaseMilliseconds);
  return random.int(1, 20);
}
