import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { AttributionCauseName } from '../../../domain/causes.ts';
import { compareIds } from '../../../domain/ids.ts';
import type { BuildReader } from '../connect.ts';
import { allOf, anyOf, isIn, padded } from '../sql.ts';
import { history } from './history-states.ts';

/** The builds that are compared, by number: `since` is the older one. */
export interface BuildRange {
  readonly since: string;
  readonly through: string;
}

/** Whether an interval began, or ended, after the older build, up to the newer one. */
export const beganIn = ({ since, through }: BuildRange): RawBuilder<SqlBool> =>
  sql<SqlBool>`(from_build_number > ${since} and from_build_number <= ${through})`;
export const endedIn = ({ since, through }: BuildRange): RawBuilder<SqlBool> =>
  sql<SqlBool>`(until_build_number > ${since} and until_build_number <= ${through})`;

/**
 * Each change within a range, as event_id, build_number and cause.
 *
 * @param within a condition on event_id.
 */
export function causesIn(range: BuildRange, within: RawBuilder<SqlBool> = allOf([])): RawBuilder<unknown> {
  return sql`
    select event_id, from_build_number as build_number, begin_cause as cause from ${history}
    where ${allOf([beganIn(range), within])}
    union all
    select event_id, until_build_number as build_number, end_cause as cause from ${history}
    where ${allOf([endedIn(range), within])} and end_cause = 'GONE'`;
}

/** A change of a conversion within a range of builds. */
export interface CauseRow {
  readonly event_id: string;
  readonly build_number: string;
  readonly cause: AttributionCauseName;
}

/** Every change of these conversions after the older build, up to the newer one, unordered. */
export function causesOfConversions(
  warehouse: BuildReader,
  range: BuildRange,
  ids: readonly string[],
): Promise<CauseRow[]> {
  const found = causesIn(range, isIn(sql.ref('event_id'), ids));
  const statement = sql<CauseRow>`select event_id, build_number, cause from (${found}) as found`;
  return warehouse.rows('history.causes', statement);
}

export interface CauseCountRow {
  readonly cause: AttributionCauseName;
  readonly conversions: string;
}

/** An iteration, and the build after which its changes count. */
export interface IterationSince {
  readonly iterationId: string;
  /** Number of the build. */
  readonly since: string;
}

export interface IterationCauseRow extends CauseCountRow {
  readonly iteration_id: string;
  readonly since: string;
}

/** Iterations of which changes after the same build count. */
interface Branch {
  readonly since: string;
  readonly ids: readonly string[];
}

/** Padded, a statement has at most 100 lists of 100 ids for each end of the intervals: fewer parameters than Redshift accepts. */
const idsPerBranch = 100;
const branchesPerStatement = 100;

/**
 * Why iterations changed: for each cause, the conversions that came, left, or changed within the iteration at least once, up to the
 * build `through`.
 *
 * In one statement, with one scan for each end of the intervals, unless there are more than 100 different builds, or several for an
 * iteration.
 */
export async function causesOfIterations(
  warehouse: BuildReader,
  iterations: readonly IterationSince[],
  through: string,
): Promise<IterationCauseRow[]> {
  const sinceOf = new Map(iterations.map(({ iterationId, since }) => [iterationId, since]));
  const others = iterations.filter(({ iterationId, since }) => sinceOf.get(iterationId) !== since);
  const branches = [...Map.groupBy(sinceOf, ([, since]) => since)]
    .flatMap(([since, same]): Branch[] => {
      const ids = same.map(([id]) => id);
      return inChunks(ids, idsPerBranch).map((chunk) => ({ since, ids: chunk }));
    })
    .toSorted((one, other) => compareIds(one.since, other.since));
  const [found, later] = await Promise.all([
    Promise.all(
      inChunks(branches, branchesPerStatement).map((chunk) =>
        warehouse.rows('history.iterationCauses', countsOfCauses(chunk, through)),
      ),
    ),
    others.length > 0 ? causesOfIterations(warehouse, others, through) : [],
  ]);
  return [...found.flat().map((row) => ({ ...row, since: sinceOf.get(row.iteration_id) ?? '' })), ...later];
}

type CountRow = Omit<IterationCauseRow, 'since'>;

/** @param branches in the order of their builds. */
function countsOfCauses(branches: readonly Branch[], through: string): RawBuilder<CountRow> {
  const end = (number: string, cause: string) => {
    const build = sql.ref(number);
    const range = sql`${build} > ${branches[0]?.since ?? through} and ${build} <= ${through}`;
    const among = padded(branches).map(
      ({ since, ids }) => sql<SqlBool>`(${build} > ${since} and ${isIn(sql.ref('iteration_id'), ids)})`,
    );
    return sql`
      select iteration_id, event_id, ${sql.ref(cause)} as cause from ${history} where ${range} and ${anyOf(among)}`;
  };
  return sql<CountRow>`
    select iteration_id, cause, count(distinct event_id) as conversions
    from (
      ${end('from_build_number', 'begin_cause')}
      union all ${end('until_build_number', 'end_cause')}
    ) as found
    group by iteration_id, cause`;
}

function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  const starts = Array.from({ length: Math.ceil(items.length / size) }, (_, index) => index * size);
  return starts.map((start) => items.slice(start, start + size));
}
