import type { Page, PageRequest } from '../db/page.ts';
import { countRows, fetchPage } from '../db/warehouse/list-query.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { type BuildRow, isOfThisRelease } from '../db/warehouse/queries/builds.ts';
import { type FindingInterval, findingIntervalList } from '../db/warehouse/queries/finding-intervals.ts';
import { type SubjectRow, subjectList } from '../db/warehouse/queries/quality.ts';
import { checks, type QualityCheckName, subjectsOfAnyBuild } from '../domain/quality.ts';
import { QualityNotRecorded, SubjectsNotKept } from '../errors.ts';
import type { SubjectConnectionSource, SubjectSource } from '../schema/data-quality.ts';
import type { DataQualityHistoryArgs, DataQualityPeriod } from '../schema/finding-history.ts';
import type { Connection, PageArgs } from '../schema/page.ts';
import { instantOrError } from '../schema/time-fields.ts';
import { pagedConnection, warehouseConnection } from './paged-connection.ts';

/**
 * The subjects of a check in a build, by rank. A build's findings do not change, except that older builds lose the subjects
 * after the tenth. A page that would end early for that reason fails.
 */
export async function subjectsOf(
  loaders: WarehouseLoaders,
  build: string,
  check: QualityCheckName,
  page: PageArgs,
): Promise<SubjectConnectionSource> {
  const { warehouse } = loaders;
  const finding = (await loaders.quality(build))?.find((each) => each.check === check);
  if (!finding) {
    const remedy = 'Use the id of a build that was made by the current dbt models, or omit it to read the newest one.';
    throw new QualityNotRecorded(build, `the warehouse has no result of check ${check} for it. ${remedy}`);
  }
  const { count } = finding;
  const list = subjectList(warehouse, build, check);
  const notKept = () => new SubjectsNotKept(build, check, subjectsOfAnyBuild, count);

  const fetch = async (request: PageRequest): Promise<Page<SubjectRow>> => {
    const { rows, hasNextPage } = await fetchPage(warehouse, list, request);
    const last = Number(rows.at(-1)?.rank ?? request.after?.[0] ?? 0);
    if (hasNextPage || last >= count) return { rows, hasNextPage };
    // Not the last of all subjects. Beyond the tenth, the row itself proves that the list ends at findings_kept.
    if (last <= subjectsOfAnyBuild) {
      if (rows.length < request.first) throw notKept();
      return { rows, hasNextPage: true };
    }
    // The cursor's row may have been deleted since the previous page.
    if (rows.length === 0 && (await countRows(warehouse, list)) < last) throw notKept();
    return { rows, hasNextPage };
  };

  const connection = pagedConnection({
    scope: ['dataQualitySubjects', build, check],
    columns: list.sort.length,
    page,
    fetch,
    count: async () => {
      const recorded = await countRows(warehouse, list);
      if (recorded < count && recorded <= subjectsOfAnyBuild) throw notKept();
      return recorded;
    },
    position: (row) => [row.rank],
    node: ({ id, detail }): SubjectSource => ({ id, detail, check, build }),
  });
  return { ...connection, build, count };
}

/**
 * The periods in which checks found their subjects, as known in the served build.
 *
 * @throws {QualityNotRecorded} if the models of the build do not record them.
 */
export function findingHistory(
  { warehouse }: WarehouseLoaders,
  build: BuildRow,
  { check, state, ...page }: DataQualityHistoryArgs,
): Connection<DataQualityPeriod> {
  if (!isOfThisRelease(build)) {
    throw new QualityNotRecorded(
      build.build_id,
      'it was made by dbt models that do not record how long findings last. Run a build with the current models.',
    );
  }
  return warehouseConnection(warehouse, findingIntervalList(warehouse, build, { check, state }), {
    scope: ['dataQualityHistory', check, state],
    page,
    position: (row) => [row.first_number, row.id],
    node: toPeriod,
  });
}

function toPeriod(row: FindingInterval): DataQualityPeriod {
  const seen = (number: string, at: string, column: string) => ({
    number,
    at: instantOrError(at, 'DataQualityPeriod', row.id, column),
  });
  const { resolved_number: resolved, resolved_at: resolvedAt } = row;
  return {
    check: row.check_name,
    severity: row.severity,
    subject: row.subject_id,
    subjectKind: checks[row.check_name].subject,
    detail: row.detail,
    firstSeen: seen(row.first_number, row.first_at, 'first_seen_at'),
    lastSeen: seen(row.last_number, row.last_at, 'last_seen_at'),
    resolved: resolved === null || resolvedAt === null ? null : seen(resolved, resolvedAt, 'resolved_at'),
  };
}
