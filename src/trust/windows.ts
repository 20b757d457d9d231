import type { WindowRow } from '../db/warehouse/queries/explain-strategies.ts';
import { instantOrNull, isInstant, microsecondsBetween } from '../domain/instant.ts';
import type { ExplanationComparison, IterationCandidate } from '../schema/explained-iterations.ts';
import type { ExplanationFacts } from './facts.ts';
import type { Verdict } from './verdict.ts';

/** Microseconds from one instant to another; null if one of them is not known. */
function distance(from: string | null, to: string | null): string | null {
  if (from === null || to === null || !isInstant(from) || !isInstant(to)) return null;
  return String(microsecondsBetween(from, to));
}

/** The iterations with their distances to the click. The build ends an open window at `asOf`. */
export function candidatesOf({ conversion, build, windows }: ExplanationFacts, verdict: Verdict): IterationCandidate[] {
  const { clicked_at: clickedAt } = conversion;
  return windows.map((window) => ({
    id: window.id,
    name: window.name,
    sequence: Number(window.sequence),
    createdAt: instantOrNull(window.created_at),
    endedAt: instantOrNull(window.ended_at),
    sinceStart: distance(window.created_at, clickedAt),
    untilEnd: distance(clickedAt, window.ended_at ?? build.asOf),
    isWinner: verdict.status === 'ATTRIBUTED' && window.id === verdict.iteration?.id,
  }));
}

type Operator = '<=' | '<' | '>=' | '=';

const holds: Readonly<Record<Operator, (left: string, right: string) => boolean>> = {
  '<=': (left, right) => left <= right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '=': (left, right) => left === right,
};

interface Named {
  readonly name: string;
  readonly value: string;
}

const comparison = (left: Named, operator: Operator, right: Named): ExplanationComparison => ({
  left: left.name,
  leftValue: left.value,
  operator,
  right: right.name,
  rightValue: right.value,
  holds: holds[operator](left.value, right.value),
});

const createdAtOf = ({ id, created_at: value }: WindowRow): Named => ({ name: `iteration ${id} createdAt`, value });

/** The end of a window, which is `asOf` for an open one. */
const endOf = ({ id, ended_at: endedAt }: WindowRow, asOf: string | null): Named =>
  endedAt === null
    ? { name: 'asOf of the build', value: asOf ?? 'unknown' }
    : { name: `iteration ${id} endedAt`, value: endedAt };

/**
 * The comparisons that decided. Those with a window need not hold if the method is EXPLICIT, because the time of the click does
 * not matter then.
 */
export function comparisonsOf({ conversion, build }: ExplanationFacts, verdict: Verdict): ExplanationComparison[] {
  const { iteration } = verdict;
  const { clicked_at: clickedAt, explicit_iteration_id: named } = conversion;
  if (iteration === null || clickedAt === null) return [];
  const click = { name: 'click.timestamp', value: clickedAt };
  const begin = createdAtOf(iteration);
  const end = endOf(iteration, build.asOf);
  if (verdict.status === 'BEFORE_FIRST_ITERATION') return [comparison(click, '<', begin)];
  const began = comparison(begin, '<=', click);
  if (verdict.status === 'CLICK_AFTER_BUILD') return [began, comparison(click, '>=', end)];
  const window = [began, comparison(click, '<', end)];
  if (verdict.method !== 'EXPLICIT' || named === null) return window;
  const id = { name: `iteration ${iteration.id} id`, value: iteration.id };
  return [comparison({ name: 'click.explicitIterationId', value: named }, '=', id), ...window];
}
