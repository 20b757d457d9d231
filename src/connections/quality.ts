import type { Page, PageRequest } from '../db/page.ts';
import { countRows, fetchPage } from '../db/warehouse/list-query.ts';
import type { WarehouseLoaders } from '../db/warehouse/loaders.ts';
import { type SubjectRow, subjectList } from '../db/warehouse/queries/quality.ts';
import { type QualityCheckName, subjectsOfAnyBuild } from '../domain/quality.ts';
import { QualityNotRecorded, SubjectsNotKept } from '../errors.ts';
import type { DataQualitySubject, SubjectConnectionSource } from '../schema/data-quality.ts';
import type { PageArgs } from '../schema/page.ts';
import { pagedConnection } from './paged-connection.ts';

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
    node: ({ id, detail }): DataQualitySubject => ({ id, detail }),
  });
  return { ...connection, build, count };
}
