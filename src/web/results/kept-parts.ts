import type { Shape } from './shape.ts';

/** An object with a list. */
export interface Owner {
  readonly object: Readonly<Record<string, unknown>>;
  readonly shape: Shape | null;
  /** The name of the list in the schema. */
  readonly field: string;
}

/** A list that the service cuts without an argument of the query. */
interface CutList {
  /** With fewer rows, it is complete. */
  readonly from: number;
  /** The field beside it with the number of all rows. */
  readonly count: string;
  readonly isFromStart: boolean;
}

/** By their types and fields; see their descriptions in the schema. */
export const cutLists: Readonly<Record<string, CutList>> = {
  'DataQualityFinding.subjects': { from: 10, count: 'count', isFromStart: true },
  'ExplainedOffer.strategies': { from: 100, count: 'strategyCount', isFromStart: true },
  // At most 49 before and 50 after the one that decided: those before may be cut if there are 50.
  'ExplainedIterations.candidates': { from: 50, count: 'candidateCount', isFromStart: false },
};

/** The most rows that a refused run of pushes keeps. */
const rowsOfRefused = 1_000;

/**
 * What is known of a list that the service may have cut; null if it is complete.
 *
 * @param rows the number of those in the answer.
 */
export function partWithoutPages(
  { object, shape, field }: Owner,
  rows: number,
): (CutList & { readonly total: number | null }) | null {
  const list = cutLists[`${shape?.type}.${field}`];
  if (!list || rows < list.from) return null;
  const total = valueAt({ object, shape, field: list.count });
  if (typeof total !== 'number') return { ...list, total: null };
  return total > rows ? { ...list, total } : null;
}

/** Why rows of a run may not be all; null if they are. */
export const rowsOfRefusedRun = ({ object, shape, field }: Owner, rows: number): string | null =>
  shape?.type === 'PushRun' &&
  field === 'rows' &&
  rows >= rowsOfRefused &&
  ['REFUSED', undefined].includes(valueAt({ object, shape, field: 'state' }) as string | undefined)
    ? `a refused run keeps no more than ${rowsOfRefused.toLocaleString('en')}`
    : null;

/** The value of a field, which an alias may hide. Undefined if it is not selected. */
function valueAt({ object, shape, field }: Owner): unknown {
  const [key] = [...(shape?.fields ?? [])].find(([, each]) => each.name === field) ?? [field];
  return object[key];
}
