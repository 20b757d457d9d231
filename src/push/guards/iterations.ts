import { type GuardLimits, guardVariables } from '../../config/push.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { GuardFinding, ShrinkLimits } from '../types.ts';
import { isSameInstant } from '../values.ts';

/** How many iterations a guard names. The others are counted. */
const mostNamed = 10;

/** Checks every iteration of a plan, and keeps the worst. */
export class IterationGuards {
  readonly #limits: GuardLimits;
  readonly #reported: ReadonlySet<string>;
  readonly #shrunk = new Worst<PlanEntry>((one, other) => lost(other) - lost(one));
  readonly #lostClicks = new Worst<PlanEntry>((one, other) => lostClicks(other) - lostClicks(one));
  readonly #edited = new Worst<PlanEntry>(() => 0);

  /** @param reported iterations whose edited created_at another guard reports. They are not reported twice. */
  constructor(limits: GuardLimits, reported: ReadonlySet<string> = new Set()) {
    this.#limits = limits;
    this.#reported = reported;
  }

  see(entries: readonly PlanEntry[]): void {
    for (const entry of entries) {
      if (isShrunk(entry, this.#limits)) this.#shrunk.add(entry);
      else if (hasLostClicks(entry, this.#limits)) this.#lostClicks.add(entry);
      if (isEdited(entry) && !this.#reported.has(entry.iterationId)) this.#edited.add(entry);
    }
  }

  findings(): GuardFinding[] {
    return [
      ...this.#shrunk.all().map((entry) => shrank(entry, this.#limits)),
      ...others('ITERATION_SHRANK', this.#shrunk, 'shrank too much'),
      ...this.#lostClicks.all().map((entry) => lostClicksFinding(entry, this.#limits)),
      ...others('ITERATION_SHRANK', this.#lostClicks, 'lost too many clicks'),
      ...this.#edited.all().map(edited),
      ...others('CREATED_AT_EDITED', this.#edited, 'have a changed created_at'),
    ];
  }
}

/** The conversions that an iteration is compared with: the most that AdSuite accepted, so that a slow drain adds up. */
const peakOf = ({ old, receipt }: PlanEntry): number => Math.max(old?.conversions ?? 0, receipt?.peakConversions ?? 0);

const lost = (entry: PlanEntry): number => peakOf(entry) - entry.new.conversions;

/**
 * Whether an iteration has lost more conversions than the limits allow. One that loses none in this push is not reported: it
 * was reported when it lost them, or was sent by a version that did not compare with the peak.
 */
export function isShrunk(entry: PlanEntry, limits: GuardLimits): boolean {
  const [old, now] = [entry.old?.conversions ?? 0, entry.new.conversions];
  return isShrunkBeyond(shrinkLimits(limits), { peak: peakOf(entry), old, now });
}

/** Numbers of conversions: the most that AdSuite accepted, what it accepted last, and what is sent. */
interface Shrinkage {
  readonly peak: number;
  readonly old: number;
  readonly now: number;
}

/** The ledger compares in the same way (`newPeak`). */
export function isShrunkBeyond({ percent, minimum }: ShrinkLimits, { peak, old, now }: Shrinkage): boolean {
  const by = peak - now;
  return now < old && by > minimum && by * 100 > percent * peak;
}

export const shrinkLimits = ({ iterationShrinkPercent, iterationShrinkMinimum }: GuardLimits): ShrinkLimits => ({
  percent: iterationShrinkPercent,
  minimum: iterationShrinkMinimum,
});

const lostClicks = ({ old, new: values }: PlanEntry): number => (old?.clicks ?? 0) - values.clicks;

/** The same for clicks, compared with the last accepted number only. A source that deletes old clicks lowers it. */
function hasLostClicks(entry: PlanEntry, limits: GuardLimits): boolean {
  const old = entry.old?.clicks ?? 0;
  return isShrunkBeyond(shrinkLimits(limits), { peak: old, old, now: entry.new.clicks });
}

/** Whether created_at was edited since the iteration was pushed: that silently moves conversions between iterations. */
export function isEdited({ receipt, isInBuild, createdAt }: PlanEntry): boolean {
  return isInBuild && receipt !== null && !isSameInstant(receipt.createdAt, createdAt);
}

function shrank(entry: PlanEntry, limits: GuardLimits): GuardFinding {
  const { iterationId, old, new: values, isInBuild } = entry;
  const peak = peakOf(entry);
  const why =
    (isInBuild ? '' : ' It is no longer in the build.') +
    (peak === old?.conversions ? '' : ` The most that AdSuite has accepted is ${peak}.`);
  return {
    guard: 'ITERATION_SHRANK',
    message:
      `Iteration ${iterationId} would go from ${old?.conversions} conversions to ${values.conversions}.${why} ` +
      shrinkLimitsText(limits),
    iterationId,
  };
}

function lostClicksFinding({ iterationId, old, new: values }: PlanEntry, limits: GuardLimits): GuardFinding {
  return {
    guard: 'ITERATION_SHRANK',
    message: `Iteration ${iterationId} would go from ${old?.clicks} clicks to ${values.clicks}. ${shrinkLimitsText(limits)}`,
    iterationId,
  };
}

function shrinkLimitsText({ iterationShrinkPercent, iterationShrinkMinimum }: GuardLimits): string {
  const { iterationShrinkPercent: percent, iterationShrinkMinimum: minimum } = guardVariables;
  return `The limit is ${iterationShrinkPercent} % fewer (${percent}), or ${iterationShrinkMinimum} fewer (${minimum}).`;
}

function edited({ iterationId, receipt, createdAt }: PlanEntry): GuardFinding {
  return {
    guard: 'CREATED_AT_EDITED',
    message:
      `created_at of iteration ${iterationId} was ${receipt?.createdAt} in the last push, and is ${createdAt} now. ` +
      'It must not change: an edit moves conversions from one iteration to another.',
    iterationId,
  };
}

function others(guard: GuardFinding['guard'], worst: Worst<PlanEntry>, what: string): GuardFinding[] {
  if (worst.left === 0) return [];
  return [{ guard, message: `${worst.left} more iterations ${what}.`, iterationId: null }];
}

/** Keeps the first few entries by an order (ties in the order in which they come, that of ids), and counts the others. */
class Worst<Entry> {
  readonly #compare: (one: Entry, other: Entry) => number;
  #kept: Entry[] = [];
  #seen = 0;

  constructor(compare: (one: Entry, other: Entry) => number) {
    this.#compare = compare;
  }

  get left(): number {
    return this.#seen - this.#kept.length;
  }

  add(entry: Entry): void {
    this.#seen += 1;
    this.#kept = [...this.#kept, entry].sort(this.#compare).slice(0, mostNamed);
  }

  all(): readonly Entry[] {
    return this.#kept;
  }
}
