import { compareIds } from '../../domain/ids.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { GuardFinding } from '../types.ts';
import { isSameInstant } from '../values.ts';
import { type GuardLimits, guardVariables } from './build.ts';

/** How many iterations a guard names; it counts the others. */
const named = 10;

/** Looks at every iteration of a plan as it passes, and keeps the worst. */
export class IterationGuards {
  readonly #limits: GuardLimits;
  readonly #toldAlready: ReadonlySet<string>;
  readonly #shrunk = new Worst<PlanEntry>((one, other) => lost(other) - lost(one));
  readonly #edited = new Worst<PlanEntry>(() => 0);

  /** @param toldAlready iterations of which another guard says that their created_at was edited: nobody is told twice. */
  constructor(limits: GuardLimits, toldAlready: ReadonlySet<string> = new Set()) {
    this.#limits = limits;
    this.#toldAlready = toldAlready;
  }

  see(entries: readonly PlanEntry[]): void {
    for (const entry of entries) {
      if (isShrunk(entry, this.#limits)) this.#shrunk.add(entry);
      if (isEdited(entry) && !this.#toldAlready.has(entry.iterationId)) this.#edited.add(entry);
    }
  }

  findings(): GuardFinding[] {
    return [
      ...this.#shrunk.all().map((entry) => shrank(entry, this.#limits)),
      ...others('ITERATION_SHRANK', this.#shrunk, 'shrank too much as well'),
      ...this.#edited.all().map(edited),
      ...others('CREATED_AT_EDITED', this.#edited, 'have another created_at as well'),
    ];
  }
}

const lost = ({ old, new: values }: PlanEntry): number => (old?.conversions ?? 0) - values.conversions;

/** Whether an iteration would lose more of the conversions that AdSuite knows than it may. */
export function isShrunk(entry: PlanEntry, limits: GuardLimits): boolean {
  const by = lost(entry);
  const known = entry.old?.conversions ?? 0;
  return by > limits.iterationShrinkMinimum && by * 100 > limits.iterationShrinkPercent * known;
}

/** Whether somebody edited an iteration's created_at since it was pushed: that moves conversions without a word. */
export function isEdited({ receipt, isInBuild, createdAt }: PlanEntry): boolean {
  return isInBuild && receipt !== null && !isSameInstant(receipt.createdAt, createdAt);
}

function shrank({ iterationId, old, new: values, isInBuild }: PlanEntry, limits: GuardLimits): GuardFinding {
  const why = isInBuild ? '' : ' It is not in the build any more.';
  const { iterationShrinkPercent, iterationShrinkMinimum } = guardVariables;
  return {
    guard: 'ITERATION_SHRANK',
    message:
      `Iteration ${iterationId} would go from ${old?.conversions} conversions to ${values.conversions}.${why} ` +
      `${limits.iterationShrinkPercent} % fewer (${iterationShrinkPercent}), or ${limits.iterationShrinkMinimum} fewer ` +
      `(${iterationShrinkMinimum}), are accepted.`,
    iterationId,
  };
}

function edited({ iterationId, receipt, createdAt }: PlanEntry): GuardFinding {
  return {
    guard: 'CREATED_AT_EDITED',
    message:
      `The created_at of iteration ${iterationId} was ${receipt?.createdAt} when it was pushed last, and is ${createdAt} ` +
      'now. It is sealed: an edit moves conversions from one iteration to another.',
    iterationId,
  };
}

function others(guard: GuardFinding['guard'], worst: Worst<PlanEntry>, what: string): GuardFinding[] {
  if (worst.left === 0) return [];
  return [{ guard, message: `${worst.left} more iterations ${what}.`, iterationId: null }];
}

/** The first few of a list in an order, ties by id, and how many there are beside. */
class Worst<Entry extends { readonly iterationId: string }> {
  readonly #compare: (one: Entry, other: Entry) => number;
  #kept: Entry[] = [];
  #seen = 0;

  constructor(compare: (one: Entry, other: Entry) => number) {
    this.#compare = (one, other) => compare(one, other) || compareIds(one.iterationId, other.iterationId);
  }

  get left(): number {
    return this.#seen - this.#kept.length;
  }

  add(entry: Entry): void {
    this.#seen += 1;
    this.#kept = [...this.#kept, entry].sort(this.#compare).slice(0, named);
  }

  all(): readonly Entry[] {
    return this.#kept;
  }
}
