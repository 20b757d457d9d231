import type { Shape } from './shape.ts';

/** An object with a list. */
export interface Owner {
  readonly object: Readonly<Record<string, unknown>>;
  readonly shape: Shape | null;
  /** The name of the list in the schema. */
  readonly field: string;
  /** What the object is in; null if that is a row or the answer. */
  readonly parent: Owner | null;
}

/** A list without pages that the service cuts. */
interface CutList {
  /** With fewer rows, it is complete. Of a list with an argument `first`, the default of that. */
  readonly from: number;
  /** The field beside it with the number of all rows. */
  readonly count: string;
  readonly isFromStart: boolean;
}

/** By their types and fields; see their descriptions in the schema. */
export const cutLists: Readonly<Record<string, CutList>> = {
  'BuildDiff.iterations': { from: 100, count: 'iterationCount', isFromStart: true },
  'BuildDiff.moves': { from: 100, count: 'moveCount', isFromStart: true },
  'DataQualityFinding.subjects': { from: 10, count: 'count', isFromStart: true },
  'ExplainedOffer.strategies': { from: 100, count: 'strategyCount', isFromStart: true },
  // At most 49 before and 50 after the one that decided: those before may be cut if there are 50.
  'ExplainedIterations.candidates': { from: 50, count: 'candidateCount', isFromStart: false },
};

/** The most rows that a refused run of pushes keeps. */
export const rowsOfRefused = 1_000;

/** The most subjects of a check that every build keeps. */
export const subjectsOfAnyBuild = 10;

/** Rows that the service has, or may have, outside of the list that it answers with. */
export interface Rest {
  /** Number of all rows; null if the answer does not say it. */
  readonly total: number | null;
  /** Why it is unknown whether there are more; null if there are. */
  readonly doubt: string | null;
  readonly isFromStart: boolean;
}

/**
 * What is known of a list without pages that the service may have cut; null if it is complete. Undefined: it is not one of those.
 *
 * @param rows the number of those in the answer.
 * @param first the argument of the list.
 */
export function restOfCutList(owner: Owner, rows: number, first: number | null): Rest | null | undefined {
  const list = cutListAt(owner);
  if (!list) return undefined;
  const { isFromStart, count } = list;
  const total = valueAt(owner, count);
  if (typeof total === 'number') return total > rows ? { total, doubt: null, isFromStart } : null;
  return rows < (first ?? list.from) ? null : { total: null, doubt: `select ${count} to know`, isFromStart };
}

/** Without a schema, by the name of the field. */
const cutListAt = ({ shape, field }: Owner): CutList | undefined =>
  shape?.type
    ? cutLists[`${shape.type}.${field}`]
    : Object.entries(cutLists).find(([name]) => name.endsWith(`.${field}`))?.[1];

/** A page of a connection, with its owner if that is an object. */
export interface ConnectionPage {
  readonly connection: Readonly<Record<string, unknown>>;
  readonly shape: Shape | null;
  readonly owner: Owner | null;
  /** Number of rows of the page. */
  readonly rows: number;
  /** Number of rows of all pages; null if the answer does not say it. */
  readonly total: number | null;
}

/** What is known of rows that the service has kept out of all pages of a connection; null if there are none. */
export function restOfPages(page: ConnectionPage): Rest | null {
  const { shape, owner } = page;
  if (shape?.type === 'DataQualitySubjectConnection' || (!shape?.type && shape?.name === 'dataQualitySubjects'))
    return restOfSubjects(page);
  const isOfRun = owner?.field === 'rows' && (owner.shape?.type ?? 'PushRun') === 'PushRun';
  return isOfRun ? (restOfDeleted(page, owner) ?? restOfRefused(page, owner)) : null;
}

function restOfSubjects({ connection, shape, rows, total }: ConnectionPage): Rest | null {
  const count = valueAt({ object: connection, shape }, 'count');
  if (typeof count === 'number')
    return count > (total ?? rows) ? { total: count, doubt: null, isFromStart: true } : null;
  const isShort = (total ?? rows) < subjectsOfAnyBuild;
  return isShort ? null : { total: null, doubt: 'select count to know', isFromStart: true };
}

/** The rows of a run are deleted some time after its end. */
function restOfDeleted({ rows }: ConnectionPage, owner: Owner): Rest | null {
  const deletedAt = valueAt(owner, 'rowsDeletedAt');
  if (rows > 0 || deletedAt === null || plannedRows(owner) === 0) return null;
  const doubt = deletedAt === undefined ? 'select rowsDeletedAt to know' : 'the rows of the run have been deleted';
  return { total: null, doubt, isFromStart: false };
}

/** A refused run keeps the rows with the largest changes. */
function restOfRefused({ shape, rows, total }: ConnectionPage, owner: Owner): Rest | null {
  const isRefused = ['REFUSED', undefined].includes(valueAt(owner, 'state') as string | undefined);
  const planned = plannedRows(owner);
  const hasStates = shape?.hasStates ?? true;
  // Those of some states say nothing of the number of all.
  const isShort = !hasStates && (total ?? rows) < rowsOfRefused;
  if (!isRefused || (planned === null ? isShort : planned <= rowsOfRefused)) return null;
  if (planned !== null && !hasStates) return { total: planned, doubt: null, isFromStart: false };
  const doubt = `a refused run keeps at most ${rowsOfRefused.toLocaleString('en')} rows`;
  return { total: null, doubt, isFromStart: false };
}

/** The number of all rows of a run; null if the answer does not say it. */
function plannedRows(run: Owner): number | null {
  const counts = valueAt(run, 'counts');
  if (typeof counts !== 'object' || counts === null) return null;
  const shape = [...(run.shape?.fields.values() ?? [])].find(({ name }) => name === 'counts') ?? null;
  const planned = valueAt({ object: counts as Owner['object'], shape }, 'planned');
  return typeof planned === 'number' ? planned : null;
}

/** The value of a field, which an alias may hide. Undefined if it is not selected. */
function valueAt({ object, shape }: Pick<Owner, 'object' | 'shape'>, field: string): unknown {
  const [key] = [...(shape?.fields ?? [])].find(([, each]) => each.name === field) ?? [field];
  return object[key];
}
