import { parseArgs } from 'node:util';
import type { DeliveryLimits } from '../../../src/config/push.ts';
import { DeliveryWorker } from '../../../src/push/delivery/worker.ts';
import type { AdsuiteTransport, Clock, Sent } from '../../../src/push/ports.ts';
import type { Batch, OutboxRow } from '../../../src/push/types.ts';
import { buildOf } from '../../support/ledgers.ts';
import { type Bug, bugs, keyOf, rowOf, sentWithBug, withBug, zeroRow } from './conditions.ts';
import { judge } from './judge.ts';
import { isZero, type RunModel } from './models.ts';
import { ledgerOf, type SimulatedProcess, World } from './world.ts';

/** The fate of a request: when it reaches AdSuite, if it does, and what the sender gets instead of AdSuite's answer. */
interface Fate {
  readonly name: string;
  readonly arrives: boolean;
  readonly arrivalMilliseconds: number;
  readonly heard: Sent | null;
}

/** Longer than any timeout. */
const ages = [3_600_000, 1e12] as const;

const failed = (reason: string, mayHaveArrived: boolean, retryAfterMilliseconds: number | null = null): Sent => ({
  kind: 'failed',
  reason,
  mayHaveArrived,
  retryAfterMilliseconds,
});

/** AdSuite over the network of a process. */
export function networkOf(process: SimulatedProcess, world: World): AdsuiteTransport {
  const { adsuite, watcher, timeline, random, profile, bug } = world;
  return {
    send(batch, signal) {
      if (signal.aborted) return Promise.resolve(failed('it was given up before', false));
      watcher.sends(process.name, batch);
      const fate = drawFate(world);
      const crash = process.drawCrash();
      watcher.count(fate.name);
      return new Promise((resolve) => {
        let isOver = false;
        const hear = (sent: Sent) => {
          if (isOver) return;
          isOver = true;
          signal.removeEventListener('abort', giveUp);
          watcher.heard(process.name, batch, sent);
          resolve(sentWithBug(bug, sent, profile.limits));
        };
        const giveUp = () => hear(failed('it was given up', true));
        signal.addEventListener('abort', giveUp);
        if (crash === 'before') timeline.after(0, () => process.crash('before', `send ${batch.number}`));
        timeline.after(profile.timeoutMilliseconds, () =>
          process.receive(() => hear(failed('no answer in time', true))),
        );
        watcher.leaves();
        timeline.after(fate.arrivalMilliseconds, () => {
          watcher.arrives();
          const sent = arrive(batch, fate);
          watcher.note('adsuite', `${batch.number} of ${batch.runId}: ${fate.name}, ${sent.kind}`);
          if (crash === 'after') process.crash('after', `send ${batch.number}`);
          timeline.after(random.int(1, 100), () => process.receive(() => hear(sent)));
        });
      });
    },
  };

  function arrive(batch: Batch, fate: Fate): Sent {
    const answer = fate.arrives ? adsuite.take(keyOf(bug, batch, random), batch) : null;
    return fate.heard ?? answer ?? failed('nothing arrived', true);
  }
}

function drawFate(world: World): Fate {
  const { random, profile } = world;
  const chances = profile.adsuite;
  const arrivalMilliseconds = random.int(1, 200);
  const fate = (name: string, arrives: boolean, heard: Sent | null): Fate => ({
    name,
    arrives,
    arrivalMilliseconds,
    heard,
  });
  if (world.isDown('adsuite')) {
    return random.chance(0.5)
      ? fate('no connection', false, failed('ECONNREFUSED', false))
      : fate(
          'down',
          false,
          failed('503', true, random.chance(0.3) ? random.pick([random.int(0, 5_000), 60_000]) : null),
        );
  }
  if (random.chance(chances.busy)) {
    const wish = random.pick([null, 0, random.int(1, 5_000), random.chance(0.3) ? random.pick(ages) : 1_000]);
    return fate('busy', false, failed('429', false, wish));
  }
  if (random.chance(chances.isUnreachable)) return fate('no connection', false, failed('ECONNREFUSED', false));
  if (random.chance(chances.refusesToken)) return fate('token refused', false, { kind: 'fatal', reason: '401' });
  if (random.chance(chances.fails)) return fate('500', false, failed('500', true));
  if (random.chance(chances.breaks)) {
    return random.chance(0.5)
      ? fate('reset before the effect', false, failed('ECONNRESET', true))
      : fate('reset after the effect', true, failed('ECONNRESET', true));
  }
  if (random.chance(chances.isSlow)) {
    return { ...fate('slow', true, null), arrivalMilliseconds: random.int(500, 20 * profile.timeoutMilliseconds) };
  }
  return fate('fine', true, null);
}

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
      ...ledgerOf(this, world),
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

export interface Simulated {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  /** Virtual milliseconds. */
  readonly lasted: number;
  readonly events: number;
}

/** A world that has not ended by then is stuck. */
const endOfTime = 24 * 3_600_000;
const mostEvents = 200_000;

/**
 * Plays one world to its end: consecutive pushes, delivered by several processes.
 *
 * @param seed determines everything.
 * @param trace called with a line per event.
 */
export async function simulate(
  seed: number,
  bug: Bug | null = null,
  trace: ((line: string) => void) | null = null,
): Promise<Simulated> {
  const world = new World(seed, bug, trace);
  const { timeline, watcher, ledger } = world;
  const processes = startProcesses(world);
  const pushes = startPushes(world, () => processes);
  const isStuck = () => timeline.now > endOfTime || timeline.happened > mostEvents;
  // Abandoned requests still arrive.
  await timeline.play(
    () =>
      isStuck() ||
      watcher.violations.length > 0 ||
      (pushes.areOver && watcher.onTheirWay === 0 && ledger.areAllReported),
  );
  for (const process of processes) process.isAlive = false;
  if (watcher.violations.length === 0) judge(world);
  const { violations, counts } = watcher;
  return { seed, violations, counts, lasted: timeline.now, events: timeline.happened };
}

function startProcesses(world: World): Process[] {
  const { timeline, random, profile } = world;
  const processes: Process[] = [];
  const start = (place: number, life: number) => {
    const process = new Process(`process ${place}.${life}`, world, () =>
      timeline.after(random.int(10, 5_000), () => start(place, life + 1)),
    );
    processes[place] = process;
    stopSometimes(process);
  };
  const stopSometimes = (process: Process) => {
    if (profile.restart === 0) return;
    timeline.after(1_000, () => {
      if (!process.isAlive) return;
      if (random.chance(profile.restart)) void process.stop();
      else stopSometimes(process);
    });
  };
  for (let place = 0; place < profile.processes; place++) start(place, 0);
  return processes;
}

/** Records a push, waits for its end, and records the next: a newer build, or a retry of an older run. */
function startPushes(world: World, processes: () => readonly Process[]): { readonly areOver: boolean } {
  const { timeline, random, profile, ledger, watcher } = world;
  const runs: RunModel[] = [];
  const pushes = { areOver: false };
  const begin = () => {
    world.moveIterations();
    timeline.after(random.int(0, 5_000), () => world.moveIterations());
    const { rows, isRetry } = drawRows();
    if (rows.length === 0) return next();
    const version = rows[0]?.version ?? 0;
    const run = ledger.record(`run ${runs.length}`, buildOf(version), rows, isRetry);
    runs.push(run);
    watcher.begins(run.id);
    watcher.note('ledger', `${run.id} of build ${version}: ${rows.map((row) => row.iterationId)}`);
    if (random.chance(0.8)) random.pick(processes()).worker.nudge();
    if (random.chance(profile.cancel)) timeline.after(random.int(0, 5_000), () => cancel(run));
    for (const latest of [5_000, profile.limits.runMilliseconds]) {
      if (random.chance(profile.resume)) timeline.after(random.int(0, latest), () => resume(run));
    }
    timeline.after(100, () => watch(run));
  };
  const resume = (run: RunModel) => {
    const isRunning = ledger.resume(run.id);
    watcher.note('ledger', `resume ${run.id}: ${isRunning}`);
    if (isRunning) watcher.asksToResume(run.id);
  };
  const cancel = (run: RunModel) => watcher.note('ledger', `cancel ${run.id}: ${ledger.cancel(run.id)}`);
  const watch = (run: RunModel) => {
    if (run.state === 'RUNNING') timeline.after(100, () => watch(run));
    else next();
  };
  let turns = 0;
  const next = () => {
    if (++turns < profile.runs) timeline.after(random.int(0, 3_000), begin);
    else pushes.areOver = true;
  };
  const drawRows = (): { readonly rows: OutboxRow[]; readonly isRetry: boolean } => {
    const left = runs.flatMap((run) =>
      [...run.rows.values()].filter(({ state }) => state !== 'ACCEPTED' && state !== 'GONE'),
    );
    const retried = left.length > 0 && random.chance(0.4) ? random.pick(left).version : null;
    if (retried !== null) {
      const rows = left.filter((row) => row.version === retried && isFirst(row, left));
      return { rows: rows.map(outboxRow), isRetry: true };
    }
    const version = turns + 1;
    const ids = Array.from({ length: profile.iterations }, (_, index) => String(index + 1));
    const rows = ids.filter(() => random.chance(0.8)).map((id) => plannedRow(id, version));
    return { rows: rows.filter((row) => row !== null), isRetry: false };
  };
  /** An iteration that is missing in the build is sent as zeros, if its receipt has values. */
  const plannedRow = (id: string, version: number): OutboxRow | null => {
    if (!world.missing.has(id)) return rowOf(id, version);
    const receipt = ledger.receipts.get(id);
    return receipt && !isZero(receipt.row) ? zeroRow(id, version) : null;
  };
  begin();
  return pushes;
}

function isFirst(row: OutboxRow, rows: readonly OutboxRow[]): boolean {
  return rows.find(({ iterationId, version }) => iterationId === row.iterationId && version === row.version) === row;
}

function outboxRow({ iterationId, strategyId, version, valuesText }: OutboxRow): OutboxRow {
  return { iterationId, strategyId, version, valuesText };
}

// node test/push/simulation/simulate.ts --seed 17            plays one seed and prints every event
// node test/push/simulation/simulate.ts --from 0 --seeds 100 plays many, prints those that fail, and totals
// --bug '…'                                             plants a bug first
if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      from: { type: 'string', default: '0' },
      seeds: { type: 'string', default: '1000' },
      bug: { type: 'string' },
    },
  });
  const bug = values.bug === undefined ? null : (bugs.find((each) => each === values.bug) ?? unknownBug());
  const print = (line: string) => process.stdout.write(`${line}\n`);

  function unknownBug(): Bug {
    throw new Error(`--bug must be one of: ${bugs.join('; ')}`);
  }

  if (values.seed !== undefined) {
    const { violations, lasted, events } = await simulate(Number(values.seed), bug, print);
    for (const violation of violations) print(`VIOLATION ${violation}`);
    print(`${events} events in ${lasted / 1000} virtual seconds`);
    process.exitCode = violations.length > 0 ? 1 : 0;
  } else {
    const sums = new Map<string, number>();
    const began = performance.now();
    let events = 0;
    for (let seed = Number(values.from); seed < Number(values.from) + Number(values.seeds); seed++) {
      const simulated = await simulate(seed, bug);
      events += simulated.events;
      for (const [what, count] of simulated.counts) sums.set(what, (sums.get(what) ?? 0) + count);
      if (simulated.violations.length === 0) continue;
      print(`seed ${seed}: ${simulated.violations[0]}`);
      process.exitCode = 1;
    }
    for (const [what, count] of [...sums].sort()) print(`${String(count).padStart(9)} ${what}`);
    print(`${events} events in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
}
