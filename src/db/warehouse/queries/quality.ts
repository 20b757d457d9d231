import { type NotNull, sql } from 'kysely';
import {
  type QualityCheckName,
  type QualityFinding,
  qualityChecks,
  type SeverityName,
  subjectsOfAnyBuild,
} from '../../../domain/quality.ts';
import { WarehouseUnavailable } from '../../../errors.ts';
import type { BuildReader, Warehouse } from '../connect.ts';
import type { ListQuery } from '../list-query.ts';
import { isIn } from '../sql.ts';

/**
 * The result of each check in a build, in the order of `qualityChecks`; null if the build was not checked, because its
 * models are older than the checks. Never changes for a build.
 */
export async function qualityOfBuild(warehouse: Warehouse, buildId: string): Promise<readonly QualityFinding[] | null> {
  const query = warehouse.db
    .selectFrom('data_quality_findings')
    .select(['check_name', 'severity', 'found', 'subject_id', 'detail'])
    .where('build_id', '=', buildId)
    .where('subject_rank', '<=', String(subjectsOfAnyBuild))
    .orderBy('check_name')
    .orderBy('subject_rank');
  let rows: Awaited<ReturnType<typeof query.execute>>;
  try {
    rows = await warehouse.rows('quality.ofBuild', query);
  } catch (error) {
    // A build exists, so only this table is missing.
    if (error instanceof WarehouseUnavailable && error.isUnbuilt) return null;
    throw error;
  }
  if (rows.length === 0) return null;
  const findings = [...Map.groupBy(rows, (row) => row.check_name)].map(([check, [first, ...more]]): QualityFinding => {
    if (!first) throw new Error('unreachable: a group has at least one row');
    const subjects = [first, ...more].flatMap(({ subject_id: id, detail }) => (id === null ? [] : [{ id, detail }]));
    return { check, severity: first.severity, count: Number(first.found), subjects };
  });
  return findings.sort((one, other) => placeOf(one) - placeOf(other));
}

/** How many checks found something in a build. */
export interface FindingCounts {
  readonly errors: number;
  readonly warnings: number;
}

/** The same for several builds, by id. A build that was not checked is absent; none is present if the table does not exist. */
export async function findingCounts(
  warehouse: BuildReader,
  buildIds: readonly string[],
): Promise<ReadonlyMap<string, FindingCounts>> {
  const query = warehouse.db
    .selectFrom('data_quality_findings')
    .select(['build_id', 'severity', sql<string>`sum(case when found > 0 then 1 else 0 end)`.as('checks')])
    .where(isIn(sql.ref('build_id'), buildIds))
    // Each check has one row with rank 0 or 1.
    .where('subject_rank', '<=', '1')
    .groupBy(['build_id', 'severity']);
  const rows = await warehouse.rows('quality.counts', query);
  return new Map(
    [...Map.groupBy(rows, (row) => row.build_id)].map(([id, own]) => {
      const of = (severity: SeverityName) => Number(own.find((row) => row.severity === severity)?.checks ?? 0);
      return [id, { errors: of('ERROR'), warnings: of('WARNING') }];
    }),
  );
}

export interface SubjectRow {
  /** 1 for the first subject. */
  readonly rank: string;
  readonly id: string;
  readonly detail: string | null;
}

/** The recorded subjects of a check in a build, by rank. */
export function subjectList(
  warehouse: BuildReader,
  buildId: string,
  check: QualityCheckName,
): ListQuery<'data_quality_findings', SubjectRow> {
  return {
    name: 'quality.subjects',
    select: () =>
      warehouse.db
        .selectFrom('data_quality_findings')
        .select(['subject_rank as rank', 'subject_id as id', 'detail'])
        .where('build_id', '=', buildId)
        .where('check_name', '=', check)
        // The row of a check that found nothing has no subject.
        .where('subject_id', 'is not', null)
        .$narrowType<{ id: NotNull }>(),
    sort: [{ expression: sql.ref('subject_rank'), direction: 'ASC', nullable: false }],
  };
}

const placeOf = ({ check }: QualityFinding): number => qualityChecks.indexOf(check);
