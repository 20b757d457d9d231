import type { DeliveryStore, Lease } from '../../../src/push/ports.ts';
import { storeWithBug } from './bugs.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { World } from './world.ts';

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
