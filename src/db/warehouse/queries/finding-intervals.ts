import { type RawBuilder, sql } from 'kysely';
import {
  type FindingStateName,
  type QualityCheckName,
  qualityChecks,
  type SeverityName,
} from '../../../domain/quality.ts';
import type { BuildReader, Warehouse } from '../connect.ts';
import { keyText, type ListQuery, type ParentKey } from '../list-query.ts';
import { isIn } from '../sql.ts';
import type { BuildRow } from './builds.ts';

/** When a build saw something. */
export interface BuildTime {
  readonly number: string;
  /** Start of the run that made the build. */
  readonly at: string;
}

/** How long a check found a subject without a break, as known in a build. */
export interface FindingInterval {
  readonly id: string;
  readonly check_name: QualityCheckName;
  readonly severity: SeverityName;
  readonly subject_id: string;
  readonly detail: string | null;
  readonly first_number: string;
  readonly first_at: string;
  readonly last_number: string;
  readonly last_at: string;
  readonly resolved_number: string | null;
  readonly resolved_at: string | null;
}

export interface FindingIntervalFilter {
  readonly check?: QualityCheckName | null;
  readonly state?: FindingStateName | null;
}

/**
 * The intervals of findings as known in a build, the newest first, then by check and subject. A build under way may have changed
 * rows already; they are read as they were before. Checks of an earlier release are left out, because the schema lacks their names.
 */
export function findingIntervalList(
  warehouse: BuildReader,
  { build_number: number }: BuildRow,
  { check, state }: FindingIntervalFilter,
): ListQuery<'finding_intervals', FindingInterval> {
  const asSeen = <Value>(now: string, earlier: string): RawBuilder<Value> =>
    sql<Value>`case when last_seen_build_number > ${number} then ${sql.ref(earlier)} else ${sql.ref(now)} end`;
  const ifResolved = <Value>(column: string): RawBuilder<Value | null> =>
    sql<Value | null>`case when resolved_build_number <= ${number} then ${sql.ref(column)} end`;
  let select = warehouse.db
    .selectFrom('finding_intervals')
    .select(['interval_id as id', 'check_name', 'severity', 'subject_id'])
    .select(['first_seen_build_number as first_number', 'first_seen_at as first_at'])
    .select([
      asSeen<string | null>('detail', 'earlier_detail').as('detail'),
      asSeen<string>('last_seen_build_number', 'earlier_seen_build_number').as('last_number'),
      asSeen<string>('last_seen_at', 'earlier_seen_at').as('last_at'),
      ifResolved<string>('resolved_build_number').as('resolved_number'),
      ifResolved<string>('resolved_at').as('resolved_at'),
    ])
    .where('first_seen_build_number', '<=', number);
  select = check ? select.where('check_name', '=', check) : select.where(isIn(sql.ref('check_name'), qualityChecks));
  if (state === 'RESOLVED') select = select.where('resolved_build_number', '<=', number);
  if (state === 'OPEN') {
    select = select.where(({ eb, or }) =>
      or([eb('resolved_build_number', 'is', null), eb('resolved_build_number', '>', number)]),
    );
  }
  return {
    name: 'quality.history',
    select: () => select,
    sort: [
      { expression: sql.ref('first_seen_build_number'), direction: 'DESC', nullable: false },
      { expression: sql.ref('interval_id'), direction: 'ASC', nullable: false },
    ],
  };
}

/**
 * Since when a build has found subjects without a break.
 *
 * @param keys check and subject of each.
 * @returns the times by `keyText` of check and subject.
 */
export async function firstSightings(
  warehouse: Warehouse,
  buildId: string,
  keys: readonly ParentKey[],
): Promise<ReadonlyMap<string, BuildTime>> {
  const distinct = (at: number) => [...new Set(keys.map((key) => String(key[at])))];
  const query = openIntervals(warehouse, buildId)
    .select(['intervals.check_name', 'intervals.subject_id'])
    .select(['intervals.first_seen_build_number as number', 'intervals.first_seen_at as at'])
    .where(isIn(sql.ref('intervals.check_name'), distinct(0)))
    .where(isIn(sql.ref('intervals.subject_id'), distinct(1)));
  const rows = await warehouse.rows('quality.firstSeen', query);
  return new Map(
    rows.map(({ check_name, subject_id, number, at }) => [keyText([check_name, subject_id]), { number, at }]),
  );
}

/** Since when a build has found the oldest subject of each check, by check. */
export async function oldestSightings(warehouse: Warehouse, buildId: string): Promise<ReadonlyMap<string, BuildTime>> {
  const query = openIntervals(warehouse, buildId)
    .select('intervals.check_name')
    .select(({ fn }) => [
      fn.min('intervals.first_seen_build_number').as('number'),
      fn.min('intervals.first_seen_at').as('at'),
    ])
    .groupBy('intervals.check_name');
  const rows = await warehouse.rows('quality.firstSeen', query);
  return new Map(rows.map(({ check_name, number, at }) => [check_name, { number, at }]));
}

/** The intervals that are open in a build. */
function openIntervals(warehouse: Warehouse, buildId: string) {
  return warehouse.db
    .selectFrom('finding_intervals as intervals')
    .innerJoin('attribution_builds as builds', (join) =>
      join.onRef('intervals.first_seen_build_number', '<=', 'builds.build_number'),
    )
    .where('builds.build_id', '=', buildId)
    .where(({ eb, or, ref }) =>
      or([
        eb('intervals.resolved_build_number', 'is', null),
        eb('intervals.resolved_build_number', '>', ref('builds.build_number')),
      ]),
    );
}
