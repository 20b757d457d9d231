import type { OutboxRow } from '../../../src/push/types.ts';
import { buildOf } from '../../support/push-rows.ts';
import { rowOf } from './adsuite-model.ts';
import type { Bug } from './bugs.ts';
import type { RunModel } from './ledger-model.ts';
import { Process } from './process.ts';
import { judge } from './verdict.ts';
import { World } from './world.ts';

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
  const { timeline, watcher } = world;
  const processes = startProcesses(world);
  const pushes = startPushes(world, () => processes);
  const isStuck = () => timeline.now > endOfTime || timeline.happened > mostEvents;
  // Abandoned requests still arrive.
  await timeline.play(() => isStuck() || watcher.violations.length > 0 || (pushes.areOver && watcher.onTheirWay === 0));
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
    const { rows, isRetry } = drawRows();
    if (rows.length === 0) return next();
    const version = rows[0]?.version ?? 0;
    const run = ledger.record(`run ${runs.length}`, buildOf(version), rows, isRetry);
    runs.push(run);
    watcher.note('ledger', `${run.id} of build ${version}: ${rows.map((row) => row.iterationId)}`);
    if (random.chance(0.8)) random.pick(processes()).worker.nudge();
    if (random.chance(profile.cancel)) timeline.after(random.int(0, 5_000), () => cancel(run));
    timeline.after(100, () => watch(run));
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
    const left = runs.flatMap((run) => [...run.rows.values()].filter(({ state }) => state !== 'ACCEPTED'));
    const retried = left.length > 0 && random.chance(0.4) ? random.pick(left).version : null;
    if (retried !== null) {
      const rows = left.filter((row) => row.version === retried && isFirst(row, left));
      return { rows: rows.map(outboxRow), isRetry: true };
    }
    const version = turns + 1;
    const ids = Array.from({ length: profile.iterations }, (_, index) => String(index + 1));
    return { rows: ids.filter(() => random.chance(0.8)).map((id) => rowOf(id, version)), isRetry: false };
  };
  begin();
  return pushes;
}

function isFirst(row: OutboxRow, rows: readonly OutboxRow[]): boolean {
  return rows.find(({ iterationId, version }) => iterationId === row.iterationId && version === row.version) === row;
}

function outboxRow({ iterationId, version }: OutboxRow): OutboxRow {
  return rowOf(iterationId, version);
}
